UPDATE headway_schedule SET missed_count = greatest(0, missed_count + :count) WHERE id = :id;

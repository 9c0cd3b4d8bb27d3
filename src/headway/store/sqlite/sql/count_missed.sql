UPDATE headway_schedule SET missed_count = max(0, missed_count + :count) WHERE id = :id;

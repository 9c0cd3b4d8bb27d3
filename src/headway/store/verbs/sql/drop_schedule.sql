DELETE FROM headway_schedule WHERE id = :id;

DELETE FROM headway_missed WHERE schedule_id = :id;

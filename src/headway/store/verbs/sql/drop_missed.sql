DELETE FROM headway_missed WHERE schedule_id = :id AND from_at = :from_us;

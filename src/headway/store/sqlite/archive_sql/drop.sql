DELETE FROM headway_record WHERE id IN (SELECT value FROM json_each(?));

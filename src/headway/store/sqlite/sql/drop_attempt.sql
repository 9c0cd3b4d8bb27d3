DELETE FROM headway_attempt WHERE job_id IN (SELECT value FROM json_each(:ids));

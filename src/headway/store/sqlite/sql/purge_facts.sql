DELETE FROM headway_fact WHERE job_id IN (SELECT value FROM json_each(:ids));

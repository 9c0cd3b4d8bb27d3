DELETE FROM headway_body WHERE job_id IN (SELECT value FROM json_each(:ids));

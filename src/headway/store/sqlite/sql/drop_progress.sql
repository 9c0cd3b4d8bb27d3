DELETE FROM headway_progress WHERE job_id IN (SELECT value FROM json_each(:ids));

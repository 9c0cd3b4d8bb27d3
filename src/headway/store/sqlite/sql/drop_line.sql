DELETE FROM headway_line WHERE job_id IN (SELECT value FROM json_each(:ids));

DELETE FROM headway_tag WHERE job_id IN (SELECT value FROM json_each(:ids));

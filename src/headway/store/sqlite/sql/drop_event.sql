DELETE FROM headway_event WHERE job_id IN (SELECT value FROM json_each(:ids));

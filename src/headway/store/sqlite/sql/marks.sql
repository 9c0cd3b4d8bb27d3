SELECT job_id, result FROM headway_done WHERE job_id IN (SELECT value FROM json_each(:ids));

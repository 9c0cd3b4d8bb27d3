UPDATE headway_job
SET state = 'completed', finished_at = :now, suspect = 0, code = NULL, reason = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'running';

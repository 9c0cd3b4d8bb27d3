UPDATE headway_job
SET state = 'running', epoch = epoch + 1, node_id = :node_id, started_at = :now, code = NULL, reason = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued' AND blocked IS NULL;

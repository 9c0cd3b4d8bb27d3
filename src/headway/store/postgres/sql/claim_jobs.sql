UPDATE headway_job
SET state = 'running', epoch = epoch + 1, node_id = :node_id, started_at = :now, code = NULL, reason = NULL
WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint) AND state = 'queued' AND blocked IS NULL;

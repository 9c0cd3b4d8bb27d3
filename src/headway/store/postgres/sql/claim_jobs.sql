-- || '': by their numbers, never by the index of what is ready, which the server may take for short.
UPDATE headway_job
SET state = 'running', epoch = greatest(epoch, :floor) + 1, node_id = :node_id, started_at = :now, code = NULL, reason = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'queued' AND blocked IS NULL;

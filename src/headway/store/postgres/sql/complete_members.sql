-- As complete_jobs; their batches count them as completed in this transaction.
UPDATE headway_job
SET state = 'completed', finished_at = :now, suspect = 0, code = NULL, reason = NULL,
    batched = 'completed'
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'running';

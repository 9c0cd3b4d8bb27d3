-- || '': as in held_jobs.
UPDATE headway_job
SET state = 'completed', finished_at = :now, suspect = 0, code = NULL, reason = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'running';

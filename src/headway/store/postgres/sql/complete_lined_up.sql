-- As complete_jobs, of those that stood in lines: they are not at the front of them any more.
UPDATE headway_job
SET state = 'completed', finished_at = :now, suspect = 0, code = NULL, reason = NULL, front = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'running';

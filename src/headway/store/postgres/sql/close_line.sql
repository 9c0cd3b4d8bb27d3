-- || '': as in grant_jobs.
UPDATE headway_job SET blocked = 'line', front = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'queued' AND blocked IS NULL;

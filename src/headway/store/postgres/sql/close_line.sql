UPDATE headway_job SET blocked = 'line', front = NULL
WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint) AND state = 'queued' AND blocked IS NULL;

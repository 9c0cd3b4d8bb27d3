UPDATE headway_job SET blocked = NULL, front = 1
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state = 'queued' AND blocked = 'line';

SELECT count(DISTINCT id) FROM headway_job
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND batch = :batch AND state || '' = 'running';

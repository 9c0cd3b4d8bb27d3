UPDATE headway_job SET archived = 1
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
AND archived = 0 AND state IN ('completed', 'failed', 'cancelled', 'skipped');

DELETE FROM headway_job WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state IN ('completed', 'failed', 'cancelled', 'skipped');

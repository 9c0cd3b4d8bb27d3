UPDATE headway_job
SET batched = CASE WHEN state IN ('completed', 'failed', 'cancelled', 'skipped') THEN state END
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));

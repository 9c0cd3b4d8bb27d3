SELECT id, batch FROM headway_job WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND batch IS NOT NULL;

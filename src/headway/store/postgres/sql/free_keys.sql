UPDATE headway_job SET unique_held = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND unique_held IS NOT NULL;

UPDATE headway_job SET unique_held = NULL
WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint) AND unique_held IS NOT NULL;

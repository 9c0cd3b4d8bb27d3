UPDATE headway_job SET has_dependants = 1
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND has_dependants = 0;

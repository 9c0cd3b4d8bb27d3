UPDATE headway_dependency SET counted = 0
WHERE parent_id = :parent_id AND child_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));

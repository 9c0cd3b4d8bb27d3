UPDATE headway_turn SET started_at = :now WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND started_at IS NULL;

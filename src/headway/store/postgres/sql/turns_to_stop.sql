SELECT id, stop_by FROM headway_turn WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND stop_at IS NOT NULL;

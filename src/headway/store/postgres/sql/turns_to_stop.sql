SELECT id, stop_by FROM headway_turn WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint) AND stop_at IS NOT NULL;

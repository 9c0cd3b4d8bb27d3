SELECT id, started_at IS NOT NULL FROM headway_turn WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));

SELECT id, started_at IS NOT NULL FROM headway_turn WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint);

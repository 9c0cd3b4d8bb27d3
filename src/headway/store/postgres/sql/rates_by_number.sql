SELECT id, starts, span FROM headway_rate WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint);

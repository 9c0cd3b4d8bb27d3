DELETE FROM headway_declaration WHERE node_id = :node_id AND schedule_id NOT IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint);

DELETE FROM headway_declaration WHERE node_id NOT IN (SELECT id FROM headway_node);

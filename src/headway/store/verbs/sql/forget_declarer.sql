DELETE FROM headway_declaration WHERE node_id = :node_id;

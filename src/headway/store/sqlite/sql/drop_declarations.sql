DELETE FROM headway_declaration WHERE node_id = :node_id AND schedule_id NOT IN (SELECT value FROM json_each(:ids));

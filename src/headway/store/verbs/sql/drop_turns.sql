DELETE FROM headway_turn WHERE node_id = :node_id RETURNING app, lane;

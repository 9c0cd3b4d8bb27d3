SELECT state, app FROM headway_node WHERE id = :id;

SELECT state, app, lease_boot FROM headway_node WHERE id = :id;

SELECT state, app, lease_boot, boot_id FROM headway_node WHERE id = :id;

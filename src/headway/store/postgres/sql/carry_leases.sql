UPDATE headway_node SET boot_id = :new_server WHERE state IN ('active', 'draining') AND boot_id = :old_server;

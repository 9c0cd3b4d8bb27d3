UPDATE headway_node SET boot_id = :after WHERE state IN ('active', 'draining') AND boot_id = :before;

UPDATE headway_node SET lease_boot = :lease_boot
WHERE state IN ('active', 'draining') AND boot_id = :boot_id AND lease_boot > :lease_boot;

UPDATE headway_node SET lease_boot = :lease_boot, seen_at = :now
WHERE id = :id AND state IN ('active', 'draining') AND boot_id = :boot_id;

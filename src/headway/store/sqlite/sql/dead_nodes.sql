SELECT id, uid, shielded FROM headway_node
WHERE state IN ('active', 'draining') AND (
    boot_id <> :boot_id
    OR uid IN (SELECT value FROM json_each(:dead))
    OR (:take_lapsed AND lease_boot < :boot_now)
);

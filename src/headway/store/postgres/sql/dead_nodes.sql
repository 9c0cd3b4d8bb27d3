SELECT id, uid, shielded FROM headway_node
WHERE state IN ('active', 'draining') AND (
    boot_id <> :boot_id
    OR uid IN (SELECT jsonb_array_elements_text(:dead::jsonb))
    OR (:take_lapsed = 1 AND lease_boot < :boot_now)
);

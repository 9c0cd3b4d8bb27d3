-- The lease renewed, and all that the node is told: how it stands, and what it still owns, with what it should stop of that.
UPDATE headway_node SET lease_boot = :lease_boot, seen_at = :now
WHERE id = :id AND state IN ('active', 'draining') AND boot_id = :boot_id
RETURNING state, (
    SELECT json_group_array(json_array(id, epoch, cancel_at > 0, cancel_by)) FROM headway_job
    WHERE state = 'running' AND node_id = :id
);

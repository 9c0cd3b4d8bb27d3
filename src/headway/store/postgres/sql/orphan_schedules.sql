-- Those that no living node's code has.
UPDATE headway_schedule SET orphaned_at = :now, next_was = next_at, next_at = NULL
WHERE app = :app AND managed = 'code' AND orphaned_at IS NULL AND removed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM headway_declaration AS d JOIN headway_node AS n ON n.id = d.node_id
    WHERE d.schedule_id = headway_schedule.id AND (n.state = 'active' OR n.state = 'draining')
)
RETURNING name;

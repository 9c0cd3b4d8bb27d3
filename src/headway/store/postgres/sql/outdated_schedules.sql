-- Those of which this node's code says something else than what is stored, and what is stored is in the code of no node that
-- lives, or ended only just.
SELECT s.name FROM headway_declaration AS own JOIN headway_schedule AS s ON s.id = own.schedule_id
WHERE own.node_id = :node_id AND own.digest <> s.digest AND s.managed = 'code' AND s.removed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM headway_declaration AS d JOIN headway_node AS n ON n.id = d.node_id
    WHERE d.schedule_id = s.id AND d.digest = s.digest
    AND (n.state = 'active' OR n.state = 'draining' OR n.seen_at >= :gone_at)
)
ORDER BY s.name;

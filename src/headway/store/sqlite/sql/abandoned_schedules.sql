-- Those of these whose definition is in the code of no node that lives, or ended only just.
SELECT s.id FROM json_each(:ids) AS e CROSS JOIN headway_schedule AS s ON s.id = e.value
WHERE NOT EXISTS (
    SELECT 1 FROM headway_declaration AS d CROSS JOIN headway_node AS n ON n.id = d.node_id
    WHERE d.schedule_id = s.id AND d.digest = s.digest
    AND (n.state = 'active' OR n.state = 'draining' OR n.seen_at >= :gone_at)
);

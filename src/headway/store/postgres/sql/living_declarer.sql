SELECT 1 FROM headway_declaration AS d JOIN headway_node AS n ON n.id = d.node_id
WHERE d.schedule_id = :id AND (n.state = 'active' OR n.state = 'draining') LIMIT 1;

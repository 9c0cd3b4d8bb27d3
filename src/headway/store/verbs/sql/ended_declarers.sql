SELECT n.id, n.app FROM headway_node AS n WHERE (n.state = 'dead' OR n.state = 'left') AND n.seen_at < :before
AND EXISTS (SELECT 1 FROM headway_declaration AS d WHERE d.node_id = n.id);

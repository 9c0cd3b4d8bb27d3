SELECT 1 FROM headway_node AS n WHERE n.app = :app AND n.state IN ('active', 'draining')
AND EXISTS (SELECT 1 FROM headway_declaration AS d WHERE d.node_id = n.id) LIMIT 1;

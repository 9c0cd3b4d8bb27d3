SELECT DISTINCT n.app, e.value FROM headway_node AS n, json_each(n.names) AS e WHERE n.state IN ('active', 'draining');

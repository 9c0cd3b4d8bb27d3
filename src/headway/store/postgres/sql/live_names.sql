SELECT DISTINCT n.app, e.value FROM headway_node AS n CROSS JOIN LATERAL jsonb_array_elements_text(n.names::jsonb) AS e(value)
WHERE n.state IN ('active', 'draining');

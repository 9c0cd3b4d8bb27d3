SELECT j.id FROM headway_job AS j
WHERE j.state = 'running' AND NOT EXISTS (
    SELECT 1 FROM headway_node AS n WHERE n.id = j.node_id AND n.state IN ('active', 'draining')
) LIMIT :limit;

SELECT j.id, j.epoch FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
WHERE j.state = 'running' AND j.node_id = :node_id;

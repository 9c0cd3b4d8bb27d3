SELECT json_group_array(json_array(j.id, j.epoch, j.node_id, j.cancel_at, j.cancel_by, j.has_dependants, j.suspect, j.ties, j.batch))
FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
WHERE j.state = 'running';

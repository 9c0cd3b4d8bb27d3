-- The columns stand in the order of settle._Held; few jobs have the last ones.
SELECT json_group_array(CASE WHEN j.ties = 0
THEN json_array(j.id, j.epoch, j.node_id, j.cancel_at, j.cancel_by, j.has_dependants, j.suspect)
ELSE json_array(j.id, j.epoch, j.node_id, j.cancel_at, j.cancel_by, j.has_dependants, j.suspect, j.ties, j.batch, j.app,
    j.lane, j.key) END)
FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
WHERE j.state = 'running';

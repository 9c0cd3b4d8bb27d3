-- The columns stand in the order of aftermath.Touched.
SELECT json_group_array(json_array(
    j.id, j.app, j.state, j.ties, j.blocked, j.finished_at, j.lane, j.key, j.unique_held,
    j.unique_until, j.batch, j.batched, j.callback_of, j.code, j.reason, j.front))
FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value WHERE j.ties > 0;

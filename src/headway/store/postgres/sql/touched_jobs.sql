-- The columns stand in the order of aftermath.Touched.
SELECT coalesce(json_agg(json_build_array(j.id, j.app, j.state, j.ties, j.blocked, j.finished_at, j.lane, j.key, j.unique_held, j.unique_until, j.batch, j.batched, j.callback_of, j.code, j.reason, j.front)), '[]')::text
FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value WHERE j.ties > 0;

-- The columns stand in the order of aftermath.Touched.
SELECT coalesce(json_agg(json_build_array(
    j.id, j.app, j.state, j.ties, j.blocked, j.finished_at, j.lane, j.key,
    j.unique_held, j.unique_until, j.batch, j.batched, j.callback_of, j.code, j.reason, j.front) ORDER BY j.id), '[]')::text
FROM headway_job AS j
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND j.ties > 0;

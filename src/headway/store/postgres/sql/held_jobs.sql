-- The columns stand in the order of settle._Held; few jobs have the last ones. (|| '' keeps the server from reading all that
-- run, which it takes for few when its statistics are of a quiet moment.)
SELECT coalesce(json_agg(CASE WHEN j.ties = 0
THEN json_build_array(j.id, j.epoch, j.node_id, j.cancel_at, j.cancel_by, j.has_dependants, j.suspect)
ELSE json_build_array(j.id, j.epoch, j.node_id, j.cancel_at, j.cancel_by, j.has_dependants, j.suspect, j.ties, j.batch, j.app,
    j.lane, j.key) END), '[]')::text
FROM headway_job AS j
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND j.state || '' = 'running';

-- A job whole, for the month's archive.
SELECT
    j.id, j.ref_id, j.name, j.queue, j.state, j.created_at, j.finished_at,
    b.payload, b.options, b.extras, b.result, b.result_size, b.checkpoint,
    b.callback, b.links,
    p.fraction, p.message, p.status, p.stats, p.last_line,
    (SELECT coalesce(json_agg(json_build_array(
        a.epoch, n.uid, a.started_at, a.finished_at, a.kind, a.code, a.reason, a.error) ORDER BY a.epoch), '[]')::text
     FROM headway_attempt AS a LEFT JOIN headway_node AS n ON n.id = a.node_id WHERE a.job_id = j.id) AS attempts,
    (SELECT coalesce(json_agg(json_build_array(e.epoch, e.happened_at, e.kind, e.actor, e.note) ORDER BY e.id), '[]')::text
     FROM headway_event AS e WHERE e.job_id = j.id) AS events,
    (SELECT coalesce(json_agg(json_build_array(l.number, l.epoch, l.logged_at, l.level, l.body) ORDER BY l.number), '[]')::text
     FROM headway_line AS l WHERE l.job_id = j.id) AS lines
FROM headway_job AS j
JOIN headway_body AS b ON b.job_id = j.id
LEFT JOIN headway_progress AS p ON p.job_id = j.id
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));

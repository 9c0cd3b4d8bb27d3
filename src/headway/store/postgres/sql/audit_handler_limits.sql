-- How many jobs of a handler ran at each grant, counted from what runs and from the attempts that are not archived. A grant
-- is judged by the limit that the granting node wrote down, so that one with other code, or one that learned another limit
-- later (limits_at), is held by its own. Of an attempt before the latest, only the time of its body is known: it counts, and
-- is not judged. Where numbers grow and moments do not, or a node's beats went back, the clock was set back: what is older
-- may overlap in the record alone.
WITH bound (node_id, app, names, most, changed_at) AS MATERIALIZED (
    SELECT n.id, n.app, g.value ->> 0, (g.value ->> 1)::bigint, n.limits_at
    FROM headway_node AS n CROSS JOIN LATERAL jsonb_array_elements(n.limits::jsonb) AS g(value) WHERE g.value ->> 1 IS NOT NULL
), gate (app, names, most) AS MATERIALIZED (SELECT DISTINCT app, names, most FROM bound),
run (app, names, most, id, node_id, began_at, ended_at, is_exact) AS (
    SELECT g.app, g.names, g.most, j.id, j.node_id, j.started_at, NULL::bigint, true
    FROM gate AS g JOIN headway_job AS j
    ON j.state = 'running' AND j.app = g.app AND j.name IN (SELECT jsonb_array_elements_text(g.names::jsonb))
    UNION ALL
    SELECT g.app, g.names, g.most, j.id, a.node_id, CASE WHEN a.epoch = j.epoch THEN j.started_at ELSE a.started_at END,
        a.finished_at, a.epoch = j.epoch
    FROM gate AS g CROSS JOIN headway_attempt AS a JOIN headway_job AS j ON j.id = a.job_id
    WHERE j.app = g.app AND j.name IN (SELECT jsonb_array_elements_text(g.names::jsonb))
), edge (app, names, most, id, at, step, is_judged) AS (
    SELECT r.app, r.names, r.most, r.id, r.began_at, 1, r.is_exact AND EXISTS (
        SELECT 1 FROM bound AS b WHERE b.node_id = r.node_id AND b.names = r.names AND b.most = r.most
        AND (b.changed_at IS NULL OR b.changed_at < r.began_at)
    )
    FROM run AS r WHERE r.ended_at IS NULL OR r.ended_at > r.began_at
    UNION ALL
    SELECT app, names, most, id, ended_at, -1, false FROM run WHERE ended_at > began_at
)
SELECT id FROM (
    SELECT id, at, most, is_judged, sum(step) OVER (
        PARTITION BY app, names, most ORDER BY at, step, is_judged DESC ROWS UNBOUNDED PRECEDING
    ) AS running
    FROM edge
) AS grants
WHERE is_judged AND running > most AND at > (
    SELECT coalesce(max(known), 0) FROM (
        SELECT created_at, max(created_at) OVER earlier AS before,
            max(greatest(created_at, coalesce(started_at, 0), coalesce(finished_at, 0))) OVER earlier AS known
        FROM headway_job WINDOW earlier AS (ORDER BY id ROWS UNBOUNDED PRECEDING)
    ) AS moments WHERE created_at < before
) AND at > coalesce((SELECT value::bigint FROM headway_setting WHERE name = 'clock_ahead'), 0) LIMIT :limit;

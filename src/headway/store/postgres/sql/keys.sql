-- How these keys stand, in one row: who is ready, as headway.model.line.Place, and of each key as headway.model.line.Key how
-- many run, the first who waits, and whether the last who waits is of another group. Seeks only.
WITH asked(app, key) AS MATERIALIZED (SELECT e.value ->> 0, e.value ->> 1 FROM jsonb_array_elements(:keys::jsonb) AS e(value))
SELECT (
    SELECT coalesce(json_agg(json_build_array(j.id, j.app, j.key, j.key_terms, j.queue, j.name, j.priority, j.due_at, (j.lane IS NOT NULL)::int)), '[]')::text
    FROM asked AS a JOIN headway_job AS j
    ON j.app = a.app AND j.key = a.key AND j.front = 1 AND j.state = 'queued'
), (
    SELECT coalesce(json_agg(json_build_array(a.app, a.key, (
            SELECT count(*) FROM headway_job
            WHERE app = a.app AND key = a.key AND front = 1 AND state = 'running'
        ), f.id, f.key_terms, f.queue, f.name, f.priority, f.due_at, (f.lane IS NOT NULL)::int, (l.id <> f.id AND (l.queue <> f.queue OR l.name <> f.name OR l.key_terms <> f.key_terms))::int)), '[]')::text
    FROM asked AS a LEFT JOIN headway_job AS f ON f.id = (
        SELECT id FROM headway_job
        WHERE app = a.app AND key = a.key AND blocked = 'line'
        ORDER BY queue, name, key_terms, priority DESC, due_at, id LIMIT 1
    ) LEFT JOIN headway_job AS l ON l.id = (
        SELECT id FROM headway_job
        WHERE app = a.app AND key = a.key AND blocked = 'line'
        ORDER BY queue DESC, name DESC, key_terms DESC, priority, due_at DESC, id DESC LIMIT 1
    )
);

-- How these keys stand, in one row: how many run, who is ready, and the first who waits of each group (a queue, a name and a
-- limit). The groups are walked by seeks, as in ready_groups. The fields of a job are those of headway.model.line.Place; one
-- that its named worker does not let in (it was at the front when it lined up) says so.
WITH RECURSIVE asked(app, key) AS MATERIALIZED (SELECT e.value ->> 0, e.value ->> 1 FROM json_each(:keys) AS e),
head(app, key, id) AS (
    SELECT a.app, a.key, (
        SELECT id FROM headway_job
        WHERE app = a.app AND key = a.key AND state = 'queued' AND blocked = 'line' AND finished_at IS NULL
        ORDER BY queue, name, key_limit, priority DESC, due_at, id LIMIT 1
    ) FROM asked AS a
    UNION ALL
    SELECT h.app, h.key, coalesce((
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND state = 'queued' AND blocked = 'line' AND finished_at IS NULL
        AND queue = j.queue AND name = j.name AND key_limit > j.key_limit
        ORDER BY key_limit, priority DESC, due_at, id LIMIT 1
    ), (
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND state = 'queued' AND blocked = 'line' AND finished_at IS NULL
        AND queue = j.queue AND name > j.name
        ORDER BY name, key_limit, priority DESC, due_at, id LIMIT 1
    ), (
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND state = 'queued' AND blocked = 'line' AND finished_at IS NULL
        AND queue > j.queue
        ORDER BY queue, name, key_limit, priority DESC, due_at, id LIMIT 1
    ))
    FROM head AS h CROSS JOIN headway_job AS j ON j.id = h.id
)
SELECT (
    SELECT json_group_array(json_array(a.app, a.key, (
        SELECT count(*) FROM headway_job
        WHERE app = a.app AND key = a.key AND state = 'running' AND finished_at IS NULL
    ))) FROM asked AS a
), (
    SELECT json_group_array(json_array(j.id, j.app, j.key, j.key_limit, j.queue, j.name, j.priority, j.due_at, 0))
    FROM asked AS a CROSS JOIN headway_job AS j
    ON j.app = a.app AND j.key = a.key AND j.state = 'queued' AND j.blocked IS NULL AND j.finished_at IS NULL
), (
    SELECT json_group_array(json_array(
        j.id, j.app, j.key, j.key_limit, j.queue, j.name, j.priority, j.due_at,
        j.lane IS NOT NULL AND (
            EXISTS (
                SELECT 1 FROM headway_job
                WHERE app = j.app AND lane = j.lane AND state = 'running' AND finished_at IS NULL
            ) OR EXISTS (
                SELECT 1 FROM headway_turn
                WHERE app = j.app AND lane = j.lane AND (started_at IS NOT NULL OR after_id < j.id)
            ) OR EXISTS (
                SELECT 1 FROM headway_job WHERE app = j.app AND lane = j.lane AND state = 'queued'
                AND (blocked IS NULL OR blocked = 'line' OR blocked = 'lane') AND id < j.id AND finished_at IS NULL
            )
        )
    ))
    FROM head AS h CROSS JOIN headway_job AS j ON j.id = h.id
);

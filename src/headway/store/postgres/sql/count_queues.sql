-- Every queue that has unfinished jobs or a gate; the jobs are found by the small indexes of those that have not ended.
SELECT c.queue, c.app, sum(c.queued), sum(c.scheduled), sum(c.waiting), sum(c.running), min(c.oldest),
    g.paused_at, g.paused_by, g.size, g.rate_starts, g.rate_window
FROM (
    SELECT app, queue, count(*) AS queued, 0 AS scheduled, 0 AS waiting, 0 AS running, min(due_at) AS oldest
    FROM headway_job
    WHERE state = 'queued' AND blocked IS NULL AND (:app IS NULL OR app = :app) GROUP BY app, queue
    UNION ALL
    SELECT app, queue, 1, 0, 0, 0, due_at FROM headway_job
    WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane') AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT app, queue, 1, 0, 0, 0, due_at FROM headway_job
    WHERE key IS NOT NULL AND blocked = 'line' AND lane IS NULL AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT app, queue, 1, 0, 0, 0, due_at FROM headway_job
    WHERE blocked = 'unknown_handler' AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT app, queue, 0, count(*), 0, 0, NULL FROM headway_job
    WHERE state = 'scheduled' AND (:app IS NULL OR app = :app) GROUP BY app, queue
    UNION ALL
    SELECT app, queue, 0, 0, 0, 1, NULL FROM headway_job
    WHERE state = 'running' AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT j.app, j.queue, 0, 0, count(*), 0, NULL FROM (
        SELECT child_id FROM headway_dependency WHERE counted = 1
        UNION
        SELECT child_id FROM headway_batch_waiter WHERE counted = 1
    ) AS w JOIN headway_job AS j ON j.id = w.child_id
    WHERE j.state = 'waiting' AND (:app IS NULL OR j.app = :app) GROUP BY j.app, j.queue
    UNION ALL
    SELECT app, name, 0, 0, 0, 0, NULL FROM headway_queue WHERE :app IS NULL OR app = :app
) AS c LEFT JOIN headway_queue AS g ON g.app = c.app AND g.name = c.queue
GROUP BY c.queue, c.app, g.paused_at, g.paused_by, g.size, g.rate_starts, g.rate_window ORDER BY c.queue, c.app;

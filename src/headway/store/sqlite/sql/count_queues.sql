-- Every queue that has unfinished jobs or a gate.
SELECT c.queue, c.app, c.queued, c.scheduled, c.waiting, c.running, c.oldest,
    g.paused_at, g.paused_by, g.size, g.rate_starts, g.rate_window
FROM (
    SELECT queue, app, sum(state = 'queued') AS queued, sum(state = 'scheduled') AS scheduled,
        sum(state = 'waiting') AS waiting, sum(state = 'running') AS running,
        min(iif(state = 'queued', due_at, NULL)) AS oldest
    FROM headway_job
    WHERE state IN ('queued', 'scheduled', 'waiting', 'running') AND (:app IS NULL OR app = :app)
    GROUP BY queue, app
    UNION ALL
    SELECT name, app, 0, 0, 0, 0, NULL FROM headway_queue AS q
    WHERE (:app IS NULL OR q.app = :app) AND NOT EXISTS (
        SELECT 1 FROM headway_job AS j
        WHERE j.app = q.app AND j.queue = q.name AND j.state IN ('queued', 'scheduled', 'waiting', 'running')
    )
) AS c LEFT JOIN headway_queue AS g ON g.app = c.app AND g.name = c.queue ORDER BY c.queue, c.app;

-- Every queue that has unfinished jobs or a gate.
SELECT c.queue, c.app, sum(c.queued), sum(c.scheduled), sum(c.waiting), sum(c.running), min(c.oldest),
    g.paused_at, g.paused_by, g.size, g.rate_starts, g.rate_window
FROM (
    SELECT queue, app, sum(state = 'queued') AS queued, sum(state = 'scheduled') AS scheduled,
        sum(state = 'waiting') AS waiting, sum(state = 'running') AS running,
        min(iif(state = 'queued', due_at, NULL)) AS oldest
    FROM headway_job
    WHERE state IN ('queued', 'scheduled', 'waiting', 'running') AND (:app IS NULL OR app = :app)
    GROUP BY queue, app
    UNION ALL
    SELECT name, app, 0, 0, 0, 0, NULL FROM headway_queue WHERE :app IS NULL OR app = :app
) AS c LEFT JOIN headway_queue AS g ON g.app = c.app AND g.name = c.queue
GROUP BY c.queue, c.app ORDER BY c.queue, c.app;

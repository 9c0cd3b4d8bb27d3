-- A walk over the distinct queues of the ready index: one seek each, however many jobs they hold.
WITH RECURSIVE q(queue) AS (
    SELECT (SELECT queue FROM headway_job
            WHERE app = :app AND state = 'queued' AND blocked IS NULL ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT queue FROM headway_job
            WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue > q.queue ORDER BY queue LIMIT 1)
    FROM q WHERE q.queue IS NOT NULL
)
SELECT queue FROM q WHERE queue IS NOT NULL;

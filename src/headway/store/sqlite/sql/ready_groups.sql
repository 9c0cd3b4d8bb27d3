-- A walk over the distinct queues and names of the ready index: one or two seeks each, however many jobs they hold.
-- (A comparison of rows, (queue, name) > (?, ?), would read past all jobs of the group that it leaves.)
WITH RECURSIVE ready(queue, name) AS (
    SELECT queue, name FROM headway_job WHERE id = (
        SELECT id FROM headway_job WHERE app = :app AND state = 'queued' AND blocked IS NULL ORDER BY queue, name LIMIT 1
    )
    UNION ALL
    SELECT j.queue, j.name FROM ready AS r JOIN headway_job AS j ON j.id = coalesce((
        SELECT id FROM headway_job WHERE app = :app AND state = 'queued' AND blocked IS NULL
        AND queue = r.queue AND name > r.name ORDER BY name LIMIT 1
    ), (
        SELECT id FROM headway_job WHERE app = :app AND state = 'queued' AND blocked IS NULL
        AND queue > r.queue ORDER BY queue, name LIMIT 1
    ))
)
SELECT queue, name FROM ready;

-- A walk over the distinct priorities of one group below a given one, each with its oldest due moment: one seek each.
WITH RECURSIVE level(priority, due_at) AS (
    SELECT priority, due_at FROM headway_job WHERE id = (
        SELECT id FROM headway_job
        WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name AND priority < :below
        AND due_at >= :since AND (expires_at IS NULL OR expires_at > :now)
        ORDER BY priority DESC, due_at, id LIMIT 1
    )
    UNION ALL
    SELECT j.priority, j.due_at FROM level AS l JOIN headway_job AS j ON j.id = (
        SELECT id FROM headway_job
        WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name AND priority < l.priority
        AND due_at >= :since AND (expires_at IS NULL OR expires_at > :now)
        ORDER BY priority DESC, due_at, id LIMIT 1
    )
)
SELECT priority, due_at FROM level;

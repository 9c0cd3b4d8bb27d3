-- The same as audit_held_keys, of groups with a rate limit: fewer are ready than have a place and may start by now, and
-- nobody has yet to open the line; or none may start, and nothing is noted that will.
SELECT h.id FROM (
    SELECT g.app, g.key, g.id, g.ready, r.starts - coalesce((
        SELECT s.total - coalesce(
            (SELECT total FROM headway_start AS o
             WHERE o.app = s.app AND o.gate = s.gate AND o.started_at <= :now - r.span ORDER BY o.started_at DESC LIMIT 1),
            (SELECT total - starts FROM headway_start AS o
             WHERE o.app = s.app AND o.gate = s.gate ORDER BY o.started_at LIMIT 1)
        )
        FROM headway_start AS s WHERE s.app = g.app AND s.gate = 'key_rate:' || g.key ORDER BY s.started_at DESC LIMIT 1
    ), 0) AS room
    FROM (
        SELECT app, key, key_terms, min(id) FILTER (WHERE blocked = 'line') AS id,
            count(*) FILTER (WHERE blocked IS NULL) AS ready, count(*) FILTER (WHERE blocked = 'line') AS waiting
        FROM headway_job WHERE key IS NOT NULL AND finished_at IS NULL AND state = 'queued' AND key_terms >= 1024
        GROUP BY app, key, queue, name, key_terms
    ) AS g JOIN headway_rate AS r ON r.id = g.key_terms / 1024
    WHERE g.waiting > 0 AND g.ready < g.key_terms % 1024 - (
        SELECT count(*) FROM headway_job AS o
        WHERE o.app = g.app AND o.key = g.key AND o.state = 'running' AND o.finished_at IS NULL
    )
) AS h LEFT JOIN headway_key AS k ON k.app = h.app AND k.key = h.key
WHERE (h.ready < h.room AND coalesce(k.opens_at > :now, true)) OR (h.room <= 0 AND k.opens_at IS NULL) LIMIT :limit;

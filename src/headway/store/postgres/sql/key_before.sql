-- Who goes before a job in the line of a key: those of its group that are ready, wait or have just become due, but for what
-- has expired (the next claim cancels it), and for those whose named worker does not let them in.
SELECT o.id FROM (
    SELECT id FROM headway_job
    WHERE app = :app AND key = :key AND front = 1 AND state = 'queued' AND queue = :queue AND name = :name
    AND key_terms = (SELECT key_terms FROM headway_job WHERE id = :id)
    UNION ALL
    SELECT * FROM (
        SELECT id FROM headway_job
        WHERE app = :app AND key = :key AND blocked = 'line' AND queue = :queue AND name = :name
        AND key_terms = (SELECT key_terms FROM headway_job WHERE id = :id) AND (expires_at IS NULL OR expires_at > :now)
        ORDER BY priority DESC, due_at, id LIMIT :looked_at
    ) AS t1
    UNION ALL
    SELECT id FROM headway_job
    WHERE state = 'scheduled' AND due_at <= :now AND app = :app AND key = :key AND queue = :queue AND name = :name
    AND key_terms = (SELECT key_terms FROM headway_job WHERE id = :id)
) AS f JOIN headway_job AS o ON o.id = f.id
WHERE (o.expires_at IS NULL OR o.expires_at > :now)
AND (o.priority > :priority OR (o.priority = :priority AND (o.due_at < :due OR (o.due_at = :due AND o.id < :id))))
AND (o.lane IS NULL OR NOT (
    EXISTS (
        SELECT 1 FROM headway_job AS h
        WHERE h.app = o.app AND h.lane = o.lane AND h.front = 1 AND h.state = 'running'
    ) OR EXISTS (
        SELECT 1 FROM headway_turn AS t
        WHERE t.app = o.app AND t.lane = o.lane AND (t.started_at IS NOT NULL OR t.after_id < o.id)
    ) OR EXISTS (
        SELECT 1 FROM headway_job AS h
        WHERE h.app = o.app AND h.lane = o.lane AND h.front = 1 AND h.state = 'queued' AND h.id < o.id
        AND (h.expires_at IS NULL OR h.expires_at > :now)
    ) OR EXISTS (
        SELECT 1 FROM headway_job AS h
        WHERE h.app = o.app AND h.lane = o.lane AND (h.blocked = 'line' OR h.blocked = 'lane') AND h.id < o.id
        AND (h.expires_at IS NULL OR h.expires_at > :now)
    ) OR EXISTS (
        SELECT 1 FROM headway_job AS h
        WHERE h.state = 'scheduled' AND h.due_at <= :now AND h.app = o.app AND h.lane = o.lane AND h.id < o.id
        AND (h.expires_at IS NULL OR h.expires_at > :now)
    )
))
ORDER BY o.priority DESC, o.due_at, o.id LIMIT :limit;

-- Who is the next of a named worker, if it came earlier: the one that is ready, the first of those that wait, or what has
-- just become due. The next claim cancels what has expired, and so that holds nobody back.
SELECT id FROM (
    SELECT id FROM headway_job
    WHERE app = :app AND lane = :lane AND front = 1 AND state = 'queued'
    AND (expires_at IS NULL OR expires_at > :now)
    UNION ALL
    SELECT * FROM (
        SELECT id FROM headway_job
        WHERE app = :app AND lane = :lane AND (blocked = 'line' OR blocked = 'lane')
        AND (expires_at IS NULL OR expires_at > :now) ORDER BY id LIMIT 1
    ) AS t2
    UNION ALL
    SELECT id FROM headway_job
    WHERE state = 'scheduled' AND due_at <= :now AND app = :app AND lane = :lane
    AND (expires_at IS NULL OR expires_at > :now)
) AS t1 WHERE id < :id ORDER BY id LIMIT 1;

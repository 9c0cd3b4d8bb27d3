-- Who is the next of a named worker, if it came earlier: the one that is ready, or the first of those that wait.
SELECT id FROM (
    SELECT id FROM headway_job INDEXED BY headway_job_lane
    WHERE app = :app AND lane = :lane AND front = 1 AND state = 'queued'
    UNION ALL
    SELECT * FROM (
        SELECT id FROM headway_job INDEXED BY headway_job_lane_line
        WHERE app = :app AND lane = :lane AND (blocked = 'line' OR blocked = 'lane') ORDER BY id LIMIT 1
    )
) WHERE id < :id ORDER BY id LIMIT 1;

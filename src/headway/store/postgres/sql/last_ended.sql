-- The latest moment at which a job ended; 0 when none has.
SELECT coalesce(max(finished_at), 0) FROM (
    SELECT * FROM (SELECT finished_at FROM headway_job
        WHERE archived = 0 AND pruned = 0 AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 1) AS t2
    UNION ALL
    SELECT * FROM (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 0 AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 1) AS t3
    UNION ALL
    SELECT * FROM (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 1 AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 1) AS t4
    UNION ALL
    SELECT * FROM (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 2 AND finished_at IS NOT NULL
        ORDER BY finished_at DESC LIMIT 1) AS t5
) AS t1;

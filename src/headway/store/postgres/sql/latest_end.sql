-- The latest end that is not in the future, and the job with the highest number that ended then.
SELECT finished_at, id FROM (
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 0 AND pruned = 0 AND finished_at <= :now
        ORDER BY finished_at DESC, id DESC LIMIT 1) AS t2
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 0 AND finished_at <= :now
        ORDER BY finished_at DESC, id DESC LIMIT 1) AS t3
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 1 AND finished_at <= :now
        ORDER BY finished_at DESC, id DESC LIMIT 1) AS t4
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 2 AND finished_at <= :now
        ORDER BY finished_at DESC, id DESC LIMIT 1) AS t5
) AS t1
ORDER BY finished_at DESC, id DESC LIMIT 1;

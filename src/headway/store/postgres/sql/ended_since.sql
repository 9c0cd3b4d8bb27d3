-- The first that ended after a job, in the order of their ends; what ended in the future did so before a clock was set back.
SELECT finished_at, id FROM (
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 0 AND pruned = 0 AND finished_at >= :us AND finished_at <= :now AND (finished_at > :us OR id > :id)
        ORDER BY finished_at, id LIMIT :share) AS t2
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 0 AND finished_at >= :us AND finished_at <= :now AND (finished_at > :us OR id > :id)
        ORDER BY finished_at, id LIMIT :share) AS t3
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 1 AND finished_at >= :us AND finished_at <= :now AND (finished_at > :us OR id > :id)
        ORDER BY finished_at, id LIMIT :share) AS t4
    UNION ALL
    SELECT * FROM (SELECT finished_at, id FROM headway_job
        WHERE archived = 1 AND pruned = 2 AND finished_at >= :us AND finished_at <= :now AND (finished_at > :us OR id > :id)
        ORDER BY finished_at, id LIMIT :share) AS t5
) AS t1
ORDER BY finished_at, id LIMIT :share;

-- The same from the end: the latest moment since which at least so many ended of those that lie in one part of the index.
SELECT max(moment) FROM (
    SELECT (SELECT finished_at FROM headway_job
        WHERE archived = 0 AND pruned = 0 AND finished_at >= :from AND finished_at < :until
        ORDER BY finished_at DESC LIMIT 1 OFFSET :skip) AS moment
    UNION ALL
    SELECT (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 0 AND finished_at >= :from AND finished_at < :until
        ORDER BY finished_at DESC LIMIT 1 OFFSET :skip)
    UNION ALL
    SELECT (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 1 AND finished_at >= :from AND finished_at < :until
        ORDER BY finished_at DESC LIMIT 1 OFFSET :skip)
    UNION ALL
    SELECT (SELECT finished_at FROM headway_job
        WHERE archived = 1 AND pruned = 2 AND finished_at >= :from AND finished_at < :until
        ORDER BY finished_at DESC LIMIT 1 OFFSET :skip)
) AS t1;

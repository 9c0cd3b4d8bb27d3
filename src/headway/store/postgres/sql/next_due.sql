-- The next moment at which something becomes ready by itself: a job that is due, or a key that has room again.
SELECT min(at) FROM (
    SELECT * FROM (SELECT due_at AS at FROM headway_job WHERE state = 'scheduled' ORDER BY due_at LIMIT 1) AS t2
    UNION ALL
    SELECT * FROM (SELECT opens_at FROM headway_key WHERE opens_at IS NOT NULL ORDER BY opens_at LIMIT 1) AS t3
) AS t1;

-- How many are ready, or stand in a line, or wait for a handler; in the small indexes of those that have not ended.
SELECT sum(jobs) FROM (
    SELECT count(*) AS jobs FROM headway_job
    WHERE state = 'queued' AND blocked IS NULL AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job
    WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane') AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job
    WHERE key IS NOT NULL AND blocked = 'line' AND lane IS NULL AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job
    WHERE blocked = 'unknown_handler' AND (:app IS NULL OR app = :app)
) AS t1;

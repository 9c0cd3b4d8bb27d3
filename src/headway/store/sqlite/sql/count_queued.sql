-- How many are ready, or stand in a line, or wait for a handler; in the small indexes of those that have not ended.
SELECT sum(jobs) FROM (
    SELECT count(*) AS jobs FROM headway_job INDEXED BY headway_job_ready
    WHERE state = 'queued' AND blocked IS NULL AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job INDEXED BY headway_job_lane_line
    WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane') AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job INDEXED BY headway_job_key_line
    WHERE key IS NOT NULL AND blocked = 'line' AND lane IS NULL AND (:app IS NULL OR app = :app)
    UNION ALL
    SELECT count(*) FROM headway_job INDEXED BY headway_job_blocked
    WHERE blocked = 'unknown_handler' AND (:app IS NULL OR app = :app)
);

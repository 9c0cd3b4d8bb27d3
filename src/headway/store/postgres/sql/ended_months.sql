-- What ended in a span of time, by the month of its creation.
SELECT app, to_char(to_timestamp(created_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM'), state, count(*)
FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at < :until
AND (:app IS NULL OR app = :app)
GROUP BY 1, 2, 3;

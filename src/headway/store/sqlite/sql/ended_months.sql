-- What ended in a span of time, by the month of its creation.
SELECT app, strftime('%Y-%m', created_at / 1000000, 'unixepoch'), state, count(*)
FROM headway_job INDEXED BY headway_job_ended
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at < :until
AND (:app IS NULL OR app = :app)
GROUP BY 1, 2, 3;

-- How many jobs of each handler ended in which way, read off the jobs.
SELECT name, state, count(*)
FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at < :until
AND (:app IS NULL OR app = :app)
GROUP BY name, state;

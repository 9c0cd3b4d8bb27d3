-- The same read off the jobs.
SELECT finished_at / :step_us * :step_us, count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'cancelled'),
    count(*) FILTER (WHERE state = 'skipped')
FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at < :until
AND (:app IS NULL OR app = :app) AND (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name)
GROUP BY 1;

-- How many ended since a moment, by state; grouping them would cost more than counting them.
SELECT count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'failed'),
    count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'skipped')
FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND (:app IS NULL OR app = :app);

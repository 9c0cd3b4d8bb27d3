-- How many ended in which way in each step of a span of time.
SELECT from_at, sum(CASE WHEN state = 'completed' THEN jobs ELSE 0 END), sum(CASE WHEN state = 'failed' THEN jobs ELSE 0 END),
    sum(CASE WHEN state = 'cancelled' THEN jobs ELSE 0 END), sum(CASE WHEN state = 'skipped' THEN jobs ELSE 0 END)
FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until
AND (:app IS NULL OR app = :app) AND (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name)
GROUP BY from_at;

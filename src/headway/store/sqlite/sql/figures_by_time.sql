-- How many ended in which way in each step of a span of time.
SELECT from_at, sum(iif(state = 'completed', jobs, 0)), sum(iif(state = 'failed', jobs, 0)),
    sum(iif(state = 'cancelled', jobs, 0)), sum(iif(state = 'skipped', jobs, 0))
FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until
AND (:app IS NULL OR app = :app) AND (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name)
GROUP BY from_at;

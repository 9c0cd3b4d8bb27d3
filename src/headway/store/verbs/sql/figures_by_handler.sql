-- How many jobs of each handler ended in which way, in the cells of one kind of step in a span of time.
SELECT name, state, sum(jobs)
FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until AND (:app IS NULL OR app = :app)
GROUP BY name, state;

-- What is in the cells of one kind of step in a span of time, by handler, queue and way.
SELECT name, queue, state, sum(jobs), string_agg(run, ','), max(run_longest), string_agg(wait, ','), max(wait_longest)
FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until AND (:app IS NULL OR app = :app)
GROUP BY name, queue, state;

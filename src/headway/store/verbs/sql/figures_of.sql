-- The cells of one kind of step in a span of time.
SELECT from_at, app, name, queue, state, jobs, run, run_longest, wait, wait_longest FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until AND (:app IS NULL OR app = :app);

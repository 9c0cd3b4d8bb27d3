-- The run times of a handler in the latest step in which one of its jobs completed.
SELECT run, run_longest FROM headway_figure
WHERE step = :step AND name = :name AND state = 'completed' AND run IS NOT NULL
ORDER BY from_at DESC LIMIT 1;

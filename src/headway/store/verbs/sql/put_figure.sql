INSERT INTO headway_figure (step, from_at, app, name, queue, state, jobs, run, run_longest, wait, wait_longest)
VALUES (:step, :from_us, :app, :name, :queue, :state, :jobs, :run, :run_longest, :wait, :wait_longest)
ON CONFLICT (step, from_at, app, name, queue, state) DO UPDATE SET jobs = excluded.jobs,
    run = excluded.run, run_longest = excluded.run_longest, wait = excluded.wait, wait_longest = excluded.wait_longest;

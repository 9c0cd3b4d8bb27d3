INSERT INTO headway_month_count (app, month, state, jobs) VALUES (:app, :month, :state, :jobs)
ON CONFLICT (app, month, state) DO UPDATE SET jobs = headway_month_count.jobs + excluded.jobs;

-- Those that ended badly, of every app.
SELECT state, count(*) FROM headway_job INDEXED BY headway_job_bad
WHERE finished_at IS NOT NULL AND (state = 'failed' OR state = 'cancelled' OR state = 'skipped') GROUP BY state;

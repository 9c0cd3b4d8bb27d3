-- How many run.
SELECT count(*) FROM headway_job INDEXED BY headway_job_running
WHERE state = 'running' AND (:app IS NULL OR app = :app);

-- How many run.
SELECT count(*) FROM headway_job
WHERE state = 'running' AND (:app IS NULL OR app = :app);

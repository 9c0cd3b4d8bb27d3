-- How many are to run later.
SELECT count(*) FROM headway_job INDEXED BY headway_job_due
WHERE state = 'scheduled' AND (:app IS NULL OR app = :app);

-- How many are to run later.
SELECT count(*) FROM headway_job
WHERE state = 'scheduled' AND (:app IS NULL OR app = :app);

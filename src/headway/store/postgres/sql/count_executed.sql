-- How many are between their success and the end of their callback.
SELECT count(*) FROM headway_job
WHERE state = 'executed' AND (:app IS NULL OR app = :app);

SELECT 1 FROM headway_job INDEXED BY headway_job_bad
WHERE state = 'failed' AND finished_at IS NOT NULL AND id < :id AND (:app IS NULL OR app = :app) LIMIT 1;

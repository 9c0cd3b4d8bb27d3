-- Those that run are few, whatever the named worker has behind it.
SELECT id, started_at FROM headway_job INDEXED BY headway_job_running
WHERE state = 'running' AND lane = :lane AND (:app IS NULL OR app = :app) ORDER BY id LIMIT :limit;

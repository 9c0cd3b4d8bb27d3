-- Those that run are few, whatever the named worker has behind it. (A limit below nothing is none.)
SELECT id, started_at FROM headway_job
WHERE state = 'running' AND lane = :lane AND (:app IS NULL OR app = :app)
ORDER BY id LIMIT CASE WHEN :limit >= 0 THEN :limit END;

SELECT id, started_at FROM headway_job
WHERE app = :app AND lane = :lane AND state = 'running' AND finished_at IS NULL ORDER BY id LIMIT :limit;

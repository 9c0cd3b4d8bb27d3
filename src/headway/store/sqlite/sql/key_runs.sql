SELECT id, started_at FROM headway_job
WHERE app = :app AND key = :key AND state = 'running' AND blocked IS NULL ORDER BY started_at, id LIMIT :limit;

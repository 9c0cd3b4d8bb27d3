-- Those that run are few, whatever the key has behind it.
SELECT id, started_at FROM headway_job
WHERE app = :app AND key = :key AND front = 1 AND state = 'running' ORDER BY started_at, id LIMIT :limit;

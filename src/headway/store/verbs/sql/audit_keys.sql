SELECT min(id) FROM headway_job WHERE key IS NOT NULL AND finished_at IS NULL AND state = 'running'
GROUP BY app, key HAVING count(*) > max(key_terms % 1024) LIMIT :limit;

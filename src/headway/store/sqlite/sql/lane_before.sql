SELECT id FROM headway_job
WHERE app = :app AND lane = :lane AND state = 'queued' AND finished_at IS NULL AND id < :id
AND (blocked IS NULL OR blocked = 'line') ORDER BY id LIMIT 1;

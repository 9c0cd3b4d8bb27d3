SELECT id FROM headway_job INDEXED BY headway_job_lane
WHERE app = :app AND lane = :lane AND state = 'queued' AND finished_at IS NULL AND id < :id
AND (blocked IS NULL OR blocked <> 'unknown_handler') ORDER BY id LIMIT 1;

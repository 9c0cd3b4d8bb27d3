-- Ready, standing in a line, or without a worker that knows them: each part is an index of its own.
SELECT id FROM headway_job INDEXED BY headway_job_ready
WHERE state = 'queued' AND blocked IS NULL
UNION ALL
SELECT id FROM headway_job INDEXED BY headway_job_lane_line
WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane')
UNION ALL
SELECT id FROM headway_job INDEXED BY headway_job_key_line
WHERE key IS NOT NULL AND blocked = 'line' AND lane IS NULL
UNION ALL
SELECT id FROM headway_job INDEXED BY headway_job_blocked
WHERE blocked = 'unknown_handler'
LIMIT :limit;

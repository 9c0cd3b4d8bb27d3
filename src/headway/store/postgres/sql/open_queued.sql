-- Ready, standing in a line, or without a worker that knows them: each part is an index of its own.
SELECT id FROM headway_job
WHERE state = 'queued' AND blocked IS NULL
UNION ALL
SELECT id FROM headway_job
WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane')
UNION ALL
SELECT id FROM headway_job
WHERE key IS NOT NULL AND blocked = 'line' AND lane IS NULL
UNION ALL
SELECT id FROM headway_job
WHERE blocked = 'unknown_handler'
LIMIT :limit;

SELECT id FROM headway_job
WHERE front IS NOT iif(
    (lane IS NOT NULL OR key IS NOT NULL) AND (state = 'running' OR (state = 'queued' AND blocked IS NULL)), 1, NULL
) LIMIT :limit;

SELECT id FROM headway_job
WHERE front IS DISTINCT FROM CASE
    WHEN (lane IS NOT NULL OR key IS NOT NULL) AND (state = 'running' OR (state = 'queued' AND blocked IS NULL)) THEN 1
END LIMIT :limit;

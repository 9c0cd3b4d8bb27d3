SELECT id, created_at FROM headway_job
WHERE archived = 0 AND state IN ('completed', 'failed', 'cancelled', 'skipped') AND finished_at < :before
ORDER BY finished_at LIMIT :limit;

SELECT id, created_at FROM headway_job
WHERE finished_at IS NOT NULL AND archived = 1 AND pruned IN (0, 1) AND finished_at < :before
ORDER BY pruned, finished_at LIMIT :limit;

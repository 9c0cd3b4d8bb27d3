-- Others may archive at the same time: what they have locked is theirs.
SELECT id, created_at FROM headway_job
WHERE finished_at IS NOT NULL AND archived = 0 AND pruned = 0 AND finished_at < :before
ORDER BY finished_at LIMIT :limit
FOR UPDATE SKIP LOCKED;

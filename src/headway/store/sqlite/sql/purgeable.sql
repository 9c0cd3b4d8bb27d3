SELECT id, created_at FROM headway_job
WHERE state IN ('completed', 'skipped', 'failed', 'cancelled')
AND finished_at < iif(state IN ('completed', 'skipped'), :completed_before, :failed_before)
ORDER BY id LIMIT :limit;

SELECT id, created_at FROM headway_job
WHERE state IN ('completed', 'skipped', 'failed', 'cancelled')
AND finished_at < CASE WHEN state IN ('completed', 'skipped') THEN :completed_before::bigint ELSE :failed_before::bigint END
ORDER BY id LIMIT :limit;

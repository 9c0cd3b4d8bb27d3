SELECT id FROM headway_job
WHERE (state IN ('completed', 'failed', 'cancelled', 'skipped')) <> (finished_at IS NOT NULL) LIMIT :limit;

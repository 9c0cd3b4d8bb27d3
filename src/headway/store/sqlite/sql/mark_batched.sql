UPDATE headway_job
SET batched = iif(state IN ('completed', 'failed', 'cancelled', 'skipped'), state, NULL)
WHERE id IN (SELECT value FROM json_each(:ids));

SELECT b.name FROM headway_batch AS b
WHERE (b.outcome IS NOT NULL) <> (
    b.sealed_at IS NOT NULL AND b.completed + b.failed + b.cancelled + b.skipped = b.jobs
    AND b.batches_completed + b.batches_failed + b.batches_cancelled = b.batches
) OR (b.outcome IS NOT NULL AND b.finished_at IS NULL) OR (b.finished_at IS NOT NULL AND b.sealed_at IS NULL)
OR (b.sealed_at IS NULL AND b.jobs + b.existing >= b.expected)
LIMIT :limit;

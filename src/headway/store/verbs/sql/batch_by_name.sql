-- The columns stand in the order of headway.model.batch.BatchRow.
SELECT b.id, b.app, b.name, b.parent, b.expected, b.created_at, b.created_by, b.sealed_at, b.finished_at, b.succeeded_at,
    b.cancel_at, b.cancel_by, b.outcome, b.jobs, b.completed, b.failed, b.cancelled, b.skipped, b.existing, b.batches,
    b.batches_completed, b.batches_failed, b.batches_cancelled, b.finish_job, b.success_job, b.tenant
FROM headway_batch AS b WHERE b.app = :app AND b.name = :name;

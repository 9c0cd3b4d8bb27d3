UPDATE headway_batch
SET batches_completed = batches_completed + :completed, batches_failed = batches_failed + :failed,
    batches_cancelled = batches_cancelled + :cancelled
WHERE id = :id;

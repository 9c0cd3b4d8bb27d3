UPDATE headway_batch
SET completed = completed + :completed, failed = failed + :failed, cancelled = cancelled + :cancelled,
    skipped = skipped + :skipped
WHERE id = :id;

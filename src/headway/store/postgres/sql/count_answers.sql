-- A batch that is closed waits for no more calls.
UPDATE headway_batch
SET existing = existing + :calls, sealed_at = CASE WHEN jobs + existing + :calls >= expected THEN :now END
WHERE id = :id AND app = :app AND sealed_at IS NULL
RETURNING sealed_at IS NOT NULL;

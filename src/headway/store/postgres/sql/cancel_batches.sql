-- The batch and all batches in it that have not ended.
UPDATE headway_batch
SET cancel_at = :now, cancel_by = :by, cancel_next = 0, sealed_at = coalesce(sealed_at, :now)
WHERE cancel_at IS NULL AND outcome IS NULL AND id IN (
    WITH RECURSIVE part (id) AS (
        SELECT :id::bigint UNION SELECT b.id FROM part JOIN headway_batch AS b ON b.parent = part.id AND b.parent IS NOT NULL
    )
    SELECT id FROM part
)
RETURNING id;

-- Of the batch and all batches in it those whose jobs are still being cancelled.
WITH RECURSIVE part (id) AS (
    SELECT :id::bigint UNION SELECT b.id FROM part JOIN headway_batch AS b ON b.parent = part.id AND b.parent IS NOT NULL
)
SELECT b.id, b.name, b.cancel_next, b.cancel_by
FROM part JOIN headway_batch AS b ON b.id = part.id WHERE b.cancel_next IS NOT NULL;

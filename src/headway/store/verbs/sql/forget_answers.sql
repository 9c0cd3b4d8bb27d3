-- Only an open batch counts them.
DELETE FROM headway_batch_answer AS a
WHERE NOT EXISTS (SELECT 1 FROM headway_batch AS b WHERE b.id = a.batch AND b.sealed_at IS NULL);

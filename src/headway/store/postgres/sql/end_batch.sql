UPDATE headway_batch
SET outcome = :outcome, telling = 0, finished_at = coalesce(finished_at, CASE WHEN :outcome IS NULL THEN NULL ELSE :now END),
    succeeded_at = coalesce(succeeded_at, CASE WHEN :outcome = 'completed' THEN :now END)
WHERE id = :id;

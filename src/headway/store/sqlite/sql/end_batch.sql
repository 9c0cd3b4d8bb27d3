UPDATE headway_batch
SET outcome = :outcome, telling = 0, finished_at = coalesce(finished_at, iif(:outcome IS NULL, NULL, :now)),
    succeeded_at = coalesce(succeeded_at, iif(:outcome = 'completed', :now, NULL))
WHERE id = :id;

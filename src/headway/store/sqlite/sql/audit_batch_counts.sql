SELECT b.name FROM headway_batch AS b LEFT JOIN (
    SELECT batch, count(*) AS jobs, sum(state = 'completed') AS completed, sum(state = 'failed') AS failed,
        sum(state = 'cancelled') AS cancelled, sum(state = 'skipped') AS skipped,
        sum(batched IS NOT iif(state IN ('completed', 'failed', 'cancelled', 'skipped'), state, NULL)) AS wrong
    FROM headway_job WHERE batch IS NOT NULL GROUP BY batch
) AS m ON m.batch = b.id
WHERE b.jobs <> coalesce(m.jobs, 0) + b.purged OR coalesce(m.wrong, 0) > 0
OR b.jobs - b.completed - b.failed - b.cancelled - b.skipped
    <> coalesce(m.jobs - m.completed - m.failed - m.cancelled - m.skipped, 0)
OR b.completed < coalesce(m.completed, 0) OR b.failed < coalesce(m.failed, 0)
OR b.cancelled < coalesce(m.cancelled, 0) OR b.skipped < coalesce(m.skipped, 0)
OR b.batches - b.batches_completed - b.batches_failed - b.batches_cancelled <> (
    SELECT count(*) FROM headway_batch AS c WHERE c.parent = b.id AND c.outcome IS NULL
)
LIMIT :limit;

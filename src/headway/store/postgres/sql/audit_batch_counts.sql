SELECT b.name FROM headway_batch AS b LEFT JOIN (
    SELECT batch, count(*) AS jobs, count(*) FILTER (WHERE state = 'completed') AS completed,
        count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE batched IS DISTINCT FROM
            CASE WHEN state IN ('completed', 'failed', 'cancelled', 'skipped') THEN state END) AS wrong
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

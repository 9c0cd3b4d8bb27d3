-- Whether what these jobs and batches wait for waits for that batch: waiting jobs wait for their parents and for batches,
-- batches wait for their waiting jobs and for the batches in them.
WITH RECURSIVE need (job, batch) AS (
    (
        SELECT unnest(ARRAY(SELECT jsonb_array_elements_text(:jobs::jsonb)::bigint)), NULL::bigint
        UNION
        SELECT NULL, b.id FROM headway_batch AS b
        WHERE b.app = :app AND b.name IN (SELECT jsonb_array_elements_text(:names::jsonb))
    )
    UNION
    SELECT next.job, next.batch FROM need CROSS JOIN LATERAL (
        SELECT unnest(ARRAY(SELECT jsonb_array_elements_text(coalesce(j.parents, '[]')::jsonb)::bigint)) AS job, NULL::bigint AS batch
        FROM headway_job AS j WHERE j.id = need.job AND j.state = 'waiting'
        UNION ALL
        SELECT NULL, b.id FROM headway_job AS j
        JOIN headway_batch_waiter AS w ON w.child_id = j.id AND w.counted = 1
        JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
        WHERE j.id = need.job AND j.state = 'waiting'
        UNION ALL
        SELECT j.id, NULL FROM headway_job AS j
        WHERE j.batch = need.batch AND j.batch IS NOT NULL AND j.parents_left > 0 AND j.state = 'waiting'
        UNION ALL
        SELECT NULL, b.id FROM headway_batch AS b WHERE b.parent = need.batch AND b.parent IS NOT NULL
    ) AS next
)
SELECT 1 FROM need WHERE batch = :batch LIMIT 1;

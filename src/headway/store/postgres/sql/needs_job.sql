-- Whether what these jobs wait for waits for that job, or for its batch: waiting jobs wait for their parents and for batches,
-- batches for their waiting jobs and for the batches in them, executed jobs for their callbacks.
WITH RECURSIVE need (job, batch) AS (
    SELECT unnest(ARRAY(SELECT jsonb_array_elements_text(:parents::jsonb)::bigint)), NULL::bigint
    UNION
    SELECT next.job, next.batch FROM need CROSS JOIN LATERAL (
        SELECT unnest(ARRAY(SELECT jsonb_array_elements_text(coalesce(j.parents, '[]')::jsonb)::bigint)) AS job, NULL::bigint AS batch
        FROM headway_job AS j WHERE j.id = need.job AND j.state = 'waiting'
        UNION ALL
        SELECT NULL, b.id FROM headway_batch_waiter AS w
        JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
        WHERE w.child_id = need.job AND w.counted = 1
        UNION ALL
        SELECT j.id, NULL FROM headway_job AS j
        WHERE j.batch = need.batch AND j.batch IS NOT NULL AND j.parents_left > 0 AND j.state = 'waiting'
        UNION ALL
        SELECT NULL, b.id FROM headway_batch AS b WHERE b.parent = need.batch AND b.parent IS NOT NULL
        UNION ALL
        SELECT c.id, NULL FROM headway_job AS c
        WHERE c.callback_of = need.job AND c.callback_of IS NOT NULL AND c.finished_at IS NULL
    ) AS next
)
SELECT 1 FROM need WHERE job = :id OR batch = :batch LIMIT 1;

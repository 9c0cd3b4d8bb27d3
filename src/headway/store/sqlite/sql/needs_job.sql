-- Whether what these jobs wait for waits for that job, or for its batch: waiting jobs wait for their parents and for batches,
-- batches for their waiting jobs and for the batches in them, executed jobs for their callbacks.
WITH RECURSIVE need (job, batch) AS (
    SELECT value, NULL FROM json_each(:parents)
    UNION SELECT e.value, NULL FROM need
    CROSS JOIN headway_job AS j ON j.id = need.job AND j.state = 'waiting', json_each(coalesce(j.parents, '[]')) AS e
    UNION SELECT NULL, b.id FROM need
    CROSS JOIN headway_batch_waiter AS w ON w.child_id = need.job AND w.counted = 1
    CROSS JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
    UNION SELECT j.id, NULL FROM need
    CROSS JOIN headway_job AS j INDEXED BY headway_job_member_waiting
    ON j.batch = need.batch AND j.batch IS NOT NULL AND j.parents_left > 0 AND j.state = 'waiting'
    UNION SELECT NULL, b.id FROM need CROSS JOIN headway_batch AS b ON b.parent = need.batch AND b.parent IS NOT NULL
    UNION SELECT c.id, NULL FROM need
    CROSS JOIN headway_job AS c ON c.callback_of = need.job AND c.callback_of IS NOT NULL AND c.finished_at IS NULL
)
SELECT 1 FROM need WHERE job = :id OR batch = :batch LIMIT 1;

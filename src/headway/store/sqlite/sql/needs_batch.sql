-- Whether what these jobs and batches wait for waits for that batch: waiting jobs wait for their parents and for batches,
-- batches wait for their waiting jobs and for the batches in them.
WITH RECURSIVE need (job, batch) AS (
    SELECT value, NULL FROM json_each(:jobs)
    UNION SELECT NULL, b.id FROM json_each(:names) AS n
    CROSS JOIN headway_batch AS b ON b.app = :app AND b.name = n.value
    UNION SELECT e.value, NULL FROM need
    CROSS JOIN headway_job AS j ON j.id = need.job AND j.state = 'waiting', json_each(coalesce(j.parents, '[]')) AS e
    UNION SELECT NULL, b.id FROM need
    CROSS JOIN headway_job AS j ON j.id = need.job AND j.state = 'waiting'
    CROSS JOIN headway_batch_waiter AS w ON w.child_id = j.id AND w.counted = 1
    CROSS JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
    UNION SELECT j.id, NULL FROM need
    CROSS JOIN headway_job AS j INDEXED BY headway_job_member_waiting
    ON j.batch = need.batch AND j.batch IS NOT NULL AND j.parents_left > 0 AND j.state = 'waiting'
    UNION SELECT NULL, b.id FROM need CROSS JOIN headway_batch AS b ON b.parent = need.batch AND b.parent IS NOT NULL
)
SELECT 1 FROM need WHERE batch = :batch LIMIT 1;

-- The batch of a member, and what it would wait for if it went again: those of its parents and batches that have not ended.
SELECT j.batch, j.app, (
    SELECT json_group_array(p.id) FROM json_each(coalesce(j.parents, '[]')) AS e
    CROSS JOIN headway_job AS p ON p.id = e.value WHERE p.finished_at IS NULL
) AS parents, (
    SELECT json_group_array(w.batch_name) FROM headway_batch_waiter AS w
    LEFT JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
    WHERE w.child_id = j.id AND b.outcome IS NULL
) AS names
FROM headway_job AS j WHERE j.id = :id AND j.batch IS NOT NULL;

-- The next dependants of a job, and whether each was cancelled because a parent ended badly, and no parent and no batch stands so now.
SELECT
    c.id, c.epoch, c.due_at, c.created_at, c.archived, c.has_dependants,
    c.state = 'cancelled' AND c.code = 'parent_failed' AND c.condition IS NULL AND NOT EXISTS (
        SELECT 1 FROM json_each(coalesce(c.parents, '[]')) AS e CROSS JOIN headway_job AS p ON p.id = e.value
        WHERE p.state IN ('failed', 'cancelled', 'skipped')
    ) AND NOT EXISTS (
        SELECT 1 FROM headway_batch_waiter AS w CROSS JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
        WHERE w.child_id = c.id AND b.outcome <> 'completed'
    ) AS revivable
FROM (
    SELECT child_id FROM headway_dependency WHERE parent_id = :parent_id AND child_id > :after_id
    ORDER BY child_id LIMIT :limit
) AS d CROSS JOIN headway_job AS c ON c.id = d.child_id
ORDER BY c.id;

-- The next jobs that were told to wait for a batch. The columns stand in the order of revive._Dependant.
SELECT c.id, c.epoch, c.due_at, c.created_at, c.archived, c.has_dependants, c.batch, c.state, c.code, c.condition
FROM (
    SELECT w.child_id FROM headway_batch AS b
    JOIN headway_batch_waiter AS w ON w.app = b.app AND w.batch_name = b.name
    WHERE b.id = :parent_id AND w.child_id > :after_id
    ORDER BY w.child_id LIMIT :limit
) AS d JOIN headway_job AS c ON c.id = d.child_id
ORDER BY c.id;

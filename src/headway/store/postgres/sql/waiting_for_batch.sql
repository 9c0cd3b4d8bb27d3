-- The columns stand in the order of family.Child.
SELECT w.child_id, c.parents_left, c.due_at, c.has_dependants, c.ties, c.condition, c.outcomes
FROM headway_batch_waiter AS w JOIN headway_job AS c ON c.id = w.child_id
WHERE w.app = :app AND w.batch_name = :name AND w.counted = 1 AND c.state = 'waiting'
ORDER BY w.child_id LIMIT :limit;

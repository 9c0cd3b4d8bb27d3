-- The columns stand in the order of family.Child.
SELECT d.child_id, c.parents_left, c.due_at, c.has_dependants, c.ties, c.condition, c.outcomes
FROM headway_dependency AS d JOIN headway_job AS c ON c.id = d.child_id
WHERE d.parent_id = :parent_id AND d.counted = 1 AND c.state = 'waiting'
ORDER BY d.child_id LIMIT :limit;

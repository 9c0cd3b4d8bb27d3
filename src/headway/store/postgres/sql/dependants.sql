-- The next dependants of a job. The columns stand in the order of revive._Dependant.
SELECT c.id, c.epoch, c.due_at, c.created_at, c.archived, c.has_dependants, c.batch, c.state, c.code, c.condition
FROM (
    SELECT child_id FROM headway_dependency WHERE parent_id = :parent_id AND child_id > :after_id
    ORDER BY child_id LIMIT :limit
) AS d JOIN headway_job AS c ON c.id = d.child_id
ORDER BY c.id;

UPDATE headway_dependency SET counted = (parent_id IN (SELECT value FROM json_each(:parents)))
WHERE child_id = :id AND parent_id IN (
    SELECT e.value FROM headway_job AS c, json_each(coalesce(c.parents, '[]')) AS e WHERE c.id = :id
);

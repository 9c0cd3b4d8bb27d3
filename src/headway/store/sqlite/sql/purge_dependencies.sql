-- The job's own list leads to those that it depended on: the table's key begins with the parent.
DELETE FROM headway_dependency WHERE parent_id IN (SELECT value FROM json_each(:ids)) OR (parent_id, child_id) IN (
    SELECT p.value, j.id FROM json_each(:ids) AS i
    CROSS JOIN headway_job AS j ON j.id = i.value
    CROSS JOIN json_each(j.parents) AS p
);

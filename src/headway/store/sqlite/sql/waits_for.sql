SELECT d.parent_id FROM headway_job AS c, json_each(coalesce(c.parents, '[]')) AS e
CROSS JOIN headway_dependency AS d ON d.parent_id = e.value AND d.child_id = c.id
WHERE c.id = :id AND d.counted = 1 ORDER BY 1;

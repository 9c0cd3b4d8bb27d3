SELECT d.parent_id FROM headway_job AS c, json_each(coalesce(c.parents, '[]')) AS e
CROSS JOIN headway_dependency AS d ON d.parent_id = e.value AND d.child_id = c.id
CROSS JOIN headway_job AS p ON p.id = d.parent_id
WHERE c.id = :id AND p.state IN ('scheduled', 'waiting', 'queued', 'running', 'executed');

SELECT DISTINCT p.state FROM headway_job AS c, json_each(coalesce(c.parents, '[]')) AS e
CROSS JOIN headway_job AS p ON p.id = e.value
WHERE c.id = :id AND p.state IN ('completed', 'failed', 'cancelled', 'skipped');

SELECT d.parent_id FROM headway_job AS c CROSS JOIN LATERAL (SELECT jsonb_array_elements_text(coalesce(c.parents, '[]')::jsonb)::bigint AS value) AS e
JOIN headway_dependency AS d ON d.parent_id = e.value AND d.child_id = c.id
JOIN headway_job AS p ON p.id = d.parent_id
WHERE c.id = :id AND p.state IN ('scheduled', 'waiting', 'queued', 'running', 'executed');

SELECT DISTINCT p.state FROM headway_job AS c CROSS JOIN LATERAL (SELECT jsonb_array_elements_text(coalesce(c.parents, '[]')::jsonb)::bigint AS value) AS e
JOIN headway_job AS p ON p.id = e.value
WHERE c.id = :id AND p.state IN ('completed', 'failed', 'cancelled', 'skipped');

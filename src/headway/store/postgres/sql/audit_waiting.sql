SELECT j.id FROM headway_job AS j
WHERE j.state = 'waiting' AND j.parents_left <> (
    SELECT count(*) FROM LATERAL (SELECT jsonb_array_elements_text(coalesce(j.parents, '[]')::jsonb)::bigint AS value) AS e
    JOIN headway_dependency AS d ON d.parent_id = e.value AND d.child_id = j.id WHERE d.counted = 1
) + (SELECT count(*) FROM headway_batch_waiter AS w WHERE w.child_id = j.id AND w.counted = 1) LIMIT :limit;

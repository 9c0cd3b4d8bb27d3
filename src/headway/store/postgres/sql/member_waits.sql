-- The batch of a member, and what it would wait for if it went again: those of its parents and batches that have not ended.
SELECT j.batch, j.app, (
    SELECT coalesce(json_agg(p.id), '[]')::text FROM LATERAL (SELECT jsonb_array_elements_text(coalesce(j.parents, '[]')::jsonb)::bigint AS value) AS e
    JOIN headway_job AS p ON p.id = e.value WHERE p.finished_at IS NULL
) AS parents, (
    SELECT coalesce(json_agg(w.batch_name), '[]')::text FROM headway_batch_waiter AS w
    LEFT JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
    WHERE w.child_id = j.id AND b.outcome IS NULL
) AS names
FROM headway_job AS j WHERE j.id = :id AND j.batch IS NOT NULL;

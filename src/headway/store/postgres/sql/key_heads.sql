-- The first who waits of each group (a queue, a name and a limit) of these keys, as headway.model.line.Place. The groups are
-- walked by seeks, as in ready_groups.
WITH RECURSIVE head(app, key, id) AS (
    SELECT j.app, j.key, j.id FROM headway_job AS j
    WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
    UNION ALL
    SELECT h.app, h.key, coalesce((
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND blocked = 'line'
        AND queue = j.queue AND name = j.name AND key_terms > j.key_terms
        ORDER BY key_terms, priority DESC, due_at, id LIMIT 1
    ), (
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND blocked = 'line'
        AND queue = j.queue AND name > j.name
        ORDER BY name, key_terms, priority DESC, due_at, id LIMIT 1
    ), (
        SELECT id FROM headway_job
        WHERE app = h.app AND key = h.key AND blocked = 'line'
        AND queue > j.queue
        ORDER BY queue, name, key_terms, priority DESC, due_at, id LIMIT 1
    ))
    FROM head AS h CROSS JOIN LATERAL (SELECT * FROM headway_job WHERE id = h.id LIMIT 1) AS j
)
SELECT coalesce(json_agg(json_build_array(j.id, j.app, j.key, j.key_terms, j.queue, j.name, j.priority, j.due_at, (j.lane IS NOT NULL)::int)), '[]')::text
FROM head AS h CROSS JOIN LATERAL (SELECT * FROM headway_job WHERE id = h.id LIMIT 1) AS j;

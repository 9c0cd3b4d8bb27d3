-- The first who wait in one group of a key, as headway.model.line.Place: asked for when more than one may start.
SELECT coalesce(json_agg(json_build_array(id, app, key, key_terms, queue, name, priority, due_at, (lane IS NOT NULL)::int)), '[]')::text FROM (
    SELECT id, app, key, key_terms, queue, name, priority, due_at, lane FROM headway_job
    WHERE app = :app AND key = :key AND blocked = 'line'
    AND queue = :queue AND name = :name AND key_terms = :key_terms
    ORDER BY priority DESC, due_at, id LIMIT :limit
) AS t1;

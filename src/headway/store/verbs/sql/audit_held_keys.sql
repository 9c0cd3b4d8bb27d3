-- Groups of a key in which somebody waits and fewer are ready than may start; those with a rate limit: audit_held_rates.
SELECT g.id FROM (
    SELECT app, key, key_terms, min(id) FILTER (WHERE blocked = 'line') AS id,
        count(*) FILTER (WHERE blocked IS NULL) AS ready, count(*) FILTER (WHERE blocked = 'line') AS waiting
    FROM headway_job WHERE key IS NOT NULL AND finished_at IS NULL AND state = 'queued'
    GROUP BY app, key, queue, name, key_terms
) AS g
WHERE g.waiting > 0 AND g.key_terms < 1024 AND g.ready < g.key_terms - (
    SELECT count(*) FROM headway_job AS o
    WHERE o.app = g.app AND o.key = g.key AND o.state = 'running' AND o.finished_at IS NULL
) LIMIT :limit;

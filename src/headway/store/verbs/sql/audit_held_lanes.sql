-- The first of a named worker on which nothing runs, held by nothing else.
SELECT h.id FROM (
    SELECT app, lane, min(id) AS id FROM headway_job
    WHERE lane IS NOT NULL AND finished_at IS NULL AND state = 'queued'
    AND (blocked IS NULL OR blocked = 'line' OR blocked = 'lane') GROUP BY app, lane
) AS h JOIN headway_job AS j ON j.id = h.id
WHERE (j.blocked = 'lane' OR (j.blocked = 'line' AND j.key IS NULL))
AND NOT EXISTS (
    SELECT 1 FROM headway_job AS o
    WHERE o.app = h.app AND o.lane = h.lane AND o.state = 'running' AND o.finished_at IS NULL
) AND NOT EXISTS (
    SELECT 1 FROM headway_turn AS t
    WHERE t.app = h.app AND t.lane = h.lane AND (t.started_at IS NOT NULL OR t.after_id < h.id)
) LIMIT :limit;

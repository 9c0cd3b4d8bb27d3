-- The first who wait in one group of a key, with the same fields as in `keys`: asked for when more than one may start.
SELECT json_group_array(json_array(
    j.id, j.app, j.key, j.key_limit, j.queue, j.name, j.priority, j.due_at,
    j.lane IS NOT NULL AND (
        EXISTS (
            SELECT 1 FROM headway_job
            WHERE app = j.app AND lane = j.lane AND state = 'running' AND finished_at IS NULL
        ) OR EXISTS (
            SELECT 1 FROM headway_turn
            WHERE app = j.app AND lane = j.lane AND (started_at IS NOT NULL OR after_id < j.id)
        ) OR EXISTS (
            SELECT 1 FROM headway_job WHERE app = j.app AND lane = j.lane AND state = 'queued'
            AND (blocked IS NULL OR blocked = 'line' OR blocked = 'lane') AND id < j.id AND finished_at IS NULL
        )
    )
)) FROM (
    SELECT * FROM headway_job
    WHERE app = :app AND key = :key AND state = 'queued' AND blocked = 'line' AND finished_at IS NULL
    AND queue = :queue AND name = :name AND key_limit = :key_limit
    ORDER BY priority DESC, due_at, id LIMIT :limit
) AS j;

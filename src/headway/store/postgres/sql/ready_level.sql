SELECT coalesce(json_agg(json_build_array(id, priority, due_at, ties)), '[]')::text FROM (
    SELECT id, priority, due_at, ties FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name AND priority = :priority
    AND due_at >= :since AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY due_at, id
    LIMIT :limit OFFSET :skip
    FOR UPDATE SKIP LOCKED
) AS page;

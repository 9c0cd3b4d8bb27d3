-- One row of JSON, and the lowest priority of the group, found at the other end of the same index: if it is that of the page,
-- no lower level has jobs that waiting could lift. What another claim is about to take is passed over.
SELECT coalesce(json_agg(json_build_array(id, priority, due_at, ties)), '[]')::text, (
    SELECT priority FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name AND due_at >= :since
    ORDER BY priority LIMIT 1
) FROM (
    SELECT id, priority, due_at, ties FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name
    AND due_at >= :since AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY priority DESC, due_at, id
    LIMIT :limit OFFSET :skip
    FOR UPDATE SKIP LOCKED
) AS page;

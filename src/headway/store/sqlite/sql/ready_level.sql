SELECT json_group_array(json_array(id, priority, due_at, ties)) FROM (
    SELECT id, priority, due_at, ties FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name AND priority = :priority
    AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY due_at, id
    LIMIT :limit OFFSET :skip
);

-- For a queue whose front is full of jobs that only other nodes know: reads past all of them.
SELECT json_group_array(json_array(id, name, priority, due_at)) FROM (
    SELECT id, name, priority, due_at FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue
    AND (expires_at IS NULL OR expires_at > :now)
    AND name IN (SELECT value FROM json_each(:names))
    ORDER BY priority DESC, due_at, id
    LIMIT :limit
);

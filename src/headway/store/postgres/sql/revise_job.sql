UPDATE headway_job
SET priority = :priority, queue = :queue, due_at = :due_at, state = :state, blocked = :blocked, unique_key = :unique_key,
    unique_held = CASE WHEN unique_held IS NULL THEN NULL ELSE :unique_key END
WHERE id = :id AND state = :was AND state IN ('scheduled', 'queued', 'waiting');

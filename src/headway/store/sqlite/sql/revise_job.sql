UPDATE headway_job
SET priority = :priority, queue = :queue, due_at = :due_at, state = :state, blocked = :blocked, unique_key = :unique_key,
    unique_held = iif(unique_held IS NULL, NULL, :unique_key)
WHERE id = :id AND state = :was AND state IN ('scheduled', 'queued', 'waiting');

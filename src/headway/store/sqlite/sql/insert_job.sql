INSERT INTO headway_job (
    id, app, ref_id, name, queue, state, priority, due_at, created_at, finished_at, expires_at, retries, parents_left,
    interrupt_fails, code, reason, tags, created_by, user_id, batch_id, reply_to, parent_id, parents, content
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

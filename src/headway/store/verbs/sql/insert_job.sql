-- The columns of a plain job first, then the others.
INSERT INTO headway_job (
    id, app, ref_id, name, queue, state, priority, due_at, created_at, retries, finished_at, expires_at, parents_left,
    interrupt_fails, code, reason, tags, created_by, user_id, batch_id, reply_to, parent_id, parents, content, ties,
    blocked, lane, key, key_terms, unique_key, unique_held, unique_until, batch, condition, callback_of, replay_of, outcomes,
    tenant
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

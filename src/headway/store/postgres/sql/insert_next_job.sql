-- As insert_plain_job, with the next number.
INSERT INTO headway_job (app, ref_id, name, queue, state, priority, due_at, created_at, retries)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

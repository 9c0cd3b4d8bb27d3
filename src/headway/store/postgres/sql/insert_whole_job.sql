-- As insert_plain_job, with the next number, and as insert_plain_body: one way there and back.
WITH job AS (
    INSERT INTO headway_job (app, ref_id, name, queue, state, priority, due_at, created_at, retries)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    RETURNING id
)
INSERT INTO headway_body (job_id, payload) SELECT id, ? FROM job
RETURNING job_id;

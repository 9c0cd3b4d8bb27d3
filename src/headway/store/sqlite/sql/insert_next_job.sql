-- As insert_plain_job, with the number that last_job_id would answer and one more.
INSERT INTO headway_job (id, app, ref_id, name, queue, state, priority, due_at, created_at, retries)
VALUES (
    1 + max(coalesce((SELECT max(id) FROM headway_job), 0), (SELECT last_id FROM headway_deleted)), ?, ?, ?, ?, ?, ?, ?, ?, ?
);

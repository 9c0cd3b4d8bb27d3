-- Most jobs have none of the other columns; a third of the values takes two thirds of the time.
INSERT INTO headway_job (id, app, ref_id, name, queue, state, priority, due_at, created_at, retries)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- Python's sqlite3 takes half a microsecond to bind each NULL.
INSERT INTO headway_body (job_id, payload) VALUES (?, ?);

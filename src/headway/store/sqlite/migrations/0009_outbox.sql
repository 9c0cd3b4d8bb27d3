-- What was enqueued in a transaction of the caller's: each row is one call, written by a foreign connection and admitted after its commit.
-- Numbers of rows are not used again.
CREATE TABLE headway_outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    body TEXT NOT NULL, -- JSON array of the new jobs of the call
    put_at INTEGER NOT NULL
);

-- What a job's own transaction wrote beside its data: the job is done, whatever becomes of its attempt.
CREATE TABLE headway_done (
    job_id INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    result TEXT,
    done_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX headway_done_at ON headway_done (done_at);

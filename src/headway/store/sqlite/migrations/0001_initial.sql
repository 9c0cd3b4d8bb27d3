-- The first schema. Moments are UTC microseconds, except the *_boot columns, which are microseconds of the boot clock.

CREATE TABLE headway_job (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL,
    ref_id TEXT NOT NULL,
    name TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    expires_at INTEGER,
    epoch INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL,
    node_id INTEGER,
    parents_left INTEGER NOT NULL DEFAULT 0,
    has_dependants INTEGER NOT NULL DEFAULT 0,
    suspect INTEGER NOT NULL DEFAULT 0,
    interrupt_fails INTEGER NOT NULL DEFAULT 0,
    archived INTEGER NOT NULL DEFAULT 0,
    pruned INTEGER NOT NULL DEFAULT 0, -- 1: the archived log is gone; 2: the whole archived record, only this row is left
    blocked TEXT,
    code TEXT,
    reason TEXT,
    cancel_at INTEGER,
    cancel_by TEXT,
    tags TEXT,
    created_by TEXT,
    user_id TEXT,
    batch_id TEXT,
    reply_to TEXT,
    parent_id INTEGER,
    parents TEXT,
    content BLOB
) STRICT;

-- Numbers are never used again: what is deleted from the end of the table leaves its number here. AUTOINCREMENT would keep
-- the same promise with a write to one more page for every job.
CREATE TABLE headway_deleted (
    last_id INTEGER NOT NULL
) STRICT;
INSERT INTO headway_deleted (last_id) VALUES (0);
CREATE TRIGGER headway_job_deleted BEFORE DELETE ON headway_job WHEN old.id = (SELECT max(id) FROM headway_job)
BEGIN
    UPDATE headway_deleted SET last_id = max(last_id, old.id);
END;

CREATE UNIQUE INDEX headway_job_ref ON headway_job (app, ref_id);

-- The claim reads only this one: for each queue and name that it wants, from the front. So jobs that a worker does not
-- know, or has no place for now, cost it nothing however many they are.
CREATE INDEX headway_job_ready ON headway_job (app, queue, name, priority DESC, due_at, id)
    WHERE state = 'queued' AND blocked IS NULL;
CREATE INDEX headway_job_due ON headway_job (due_at) WHERE state = 'scheduled';
CREATE INDEX headway_job_running ON headway_job (node_id, cancel_at) WHERE state = 'running';
CREATE INDEX headway_job_blocked ON headway_job (name) WHERE blocked IS NOT NULL;
CREATE INDEX headway_job_expiry ON headway_job (expires_at)
    WHERE expires_at IS NOT NULL AND finished_at IS NULL;

-- What ended: the archiver takes from its first part, oldest first, and what is to be pruned stands in the others. Only final jobs have a finished_at; asking for it
-- instead of the state spares every other change of state a look at this index.
CREATE INDEX headway_job_ended ON headway_job (archived, pruned, finished_at) WHERE finished_at IS NOT NULL;
-- Ended badly: what operators look for among millions of completed ones. (IN would build its list anew for every row.)
CREATE INDEX headway_job_bad ON headway_job (state, id)
    WHERE finished_at IS NOT NULL AND (state = 'failed' OR state = 'cancelled' OR state = 'skipped');
CREATE INDEX headway_job_batch ON headway_job (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX headway_job_creator ON headway_job (created_by, id) WHERE created_by IS NOT NULL;
CREATE INDEX headway_job_reply ON headway_job (reply_to, id) WHERE reply_to IS NOT NULL;
CREATE INDEX headway_job_parent ON headway_job (parent_id, id) WHERE parent_id IS NOT NULL;

-- The heavy part of a job: leaves for the month's archive after the job has ended.
CREATE TABLE headway_body (
    job_id INTEGER PRIMARY KEY,
    payload TEXT NOT NULL,
    options TEXT,
    extras TEXT,
    result TEXT,
    result_size INTEGER,
    checkpoint TEXT
) STRICT;

CREATE TABLE headway_attempt (
    job_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    node_id INTEGER,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    code TEXT,
    reason TEXT,
    error TEXT,
    PRIMARY KEY (job_id, epoch)
) STRICT, WITHOUT ROWID;

-- The unusual transitions: who, what, why. The usual ones are read off job and attempt.
CREATE TABLE headway_event (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    note TEXT
) STRICT;
CREATE INDEX headway_event_job ON headway_event (job_id, id);

CREATE TABLE headway_progress (
    job_id INTEGER PRIMARY KEY,
    fraction REAL,
    message TEXT,
    status TEXT,
    stats TEXT,
    last_line INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE headway_line (
    job_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    logged_at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE headway_tag (
    tag TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (tag, job_id)
) STRICT, WITHOUT ROWID;

-- The call's free facts, for searching: they stay with the row when the body leaves for the archive.
CREATE TABLE headway_fact (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (name, value, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_fact_job ON headway_fact (job_id);

CREATE TABLE headway_dependency (
    parent_id INTEGER NOT NULL,
    child_id INTEGER NOT NULL,
    counted INTEGER NOT NULL, -- still part of the child's parents_left
    PRIMARY KEY (parent_id, child_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_dependency_counted ON headway_dependency (parent_id, child_id) WHERE counted = 1;

-- Parents that ended and whose dependants are still being told, in steps.
CREATE TABLE headway_family (
    parent_id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE headway_node (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    app TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    lease_boot INTEGER NOT NULL,
    queues TEXT,
    names TEXT NOT NULL,
    concurrency INTEGER NOT NULL,
    shielded INTEGER NOT NULL
) STRICT;
CREATE INDEX headway_node_active ON headway_node (lease_boot) WHERE state IN ('active', 'draining');

-- What was in the files of sealed months; a month that is not here is not sealed, as far as this file knows.
CREATE TABLE headway_month (
    month TEXT PRIMARY KEY,
    changed_at INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    digest TEXT NOT NULL,
    sealed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Jobs that the latest purge deleted here, and whose records may still have to be deleted in their month's file.
CREATE TABLE headway_purged (
    month TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (month, job_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE headway_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE headway_schema (
    version INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;

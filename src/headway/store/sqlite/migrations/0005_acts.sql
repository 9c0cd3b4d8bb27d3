-- What people did, and who may.

-- Every change that somebody asked for, beside what it changed: written in the same transaction, never changed.
CREATE TABLE headway_act (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    app TEXT, -- NULL: it concerns the store or its users, not one app
    actor TEXT,
    via TEXT NOT NULL, -- api, pages, command
    kind TEXT NOT NULL, -- cancel, retry, delete, pause, ...
    subject TEXT NOT NULL, -- job, batch, queue, schedule, node, user, token, ...
    subject_id TEXT, -- a job's number, a queue's name
    note TEXT -- JSON: what it was and what it became, how many jobs, which filter
) STRICT;
CREATE INDEX headway_act_subject ON headway_act (subject, subject_id, id);
CREATE TRIGGER headway_act_stays BEFORE UPDATE ON headway_act BEGIN SELECT RAISE(ABORT, 'what people did is not changed'); END;
CREATE TRIGGER headway_act_remains BEFORE DELETE ON headway_act BEGIN SELECT RAISE(ABORT, 'what people did is not forgotten'); END;

-- Users of the built-in login. A password is stored as its hash, sessions and tokens as the SHA-256 of a random secret.
CREATE TABLE headway_user (
    name TEXT PRIMARY KEY,
    password TEXT, -- NULL: signs in by a link only
    permissions TEXT NOT NULL, -- JSON list
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE headway_session (
    digest TEXT PRIMARY KEY,
    user_name TEXT NOT NULL,
    permissions TEXT, -- JSON list of a session without a user (a sign-in link); NULL: those that the user has now
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_session_user ON headway_session (user_name);
CREATE INDEX headway_session_over ON headway_session (expires_at);

CREATE TABLE headway_token (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL, -- bearer, or link: good for one sign-in
    digest TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    apps TEXT, -- JSON list; NULL: every app of the store
    created_at INTEGER NOT NULL,
    created_by TEXT,
    expires_at INTEGER,
    revoked_at INTEGER,
    seen_at INTEGER
) STRICT, WITHOUT ROWID;

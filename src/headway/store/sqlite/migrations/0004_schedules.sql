-- What is to run again and again, and how far each has come.
CREATE TABLE headway_schedule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    managed TEXT NOT NULL, -- by code or db
    definition TEXT NOT NULL, -- JSON of headway.model.schedule.Definition
    digest BLOB NOT NULL, -- of the definition
    timing BLOB NOT NULL, -- of that part of it which says when
    created_at INTEGER NOT NULL,
    created_by TEXT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT,
    anchor_at INTEGER NOT NULL, -- from when intervals are counted
    next_at INTEGER, -- NULL: it is not due
    next_was INTEGER, -- when it was due next as it was orphaned
    judged_to INTEGER NOT NULL, -- up to here every instant was fired or passed over; 0: none was yet
    judged_at INTEGER NOT NULL, -- when that was done last, by the clock of that moment
    paused_at INTEGER,
    paused_by TEXT,
    orphaned_at INTEGER,
    removed_at INTEGER,
    finished_at INTEGER,
    error TEXT,
    unread INTEGER NOT NULL DEFAULT 0, -- 1: with an error, that the node had which read it; others may read it
    run_count INTEGER NOT NULL DEFAULT 0,
    skip_count INTEGER NOT NULL DEFAULT 0,
    missed_count INTEGER NOT NULL DEFAULT 0,
    success_at INTEGER,
    UNIQUE (app, name)
) STRICT;
CREATE INDEX headway_schedule_due ON headway_schedule (app, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX headway_schedule_judged ON headway_schedule (app, judged_at) WHERE next_at IS NOT NULL;

-- An instant that was judged by itself: no two jobs are made for one.
CREATE TABLE headway_tick (
    schedule_id INTEGER NOT NULL,
    instant INTEGER NOT NULL,
    by_hand INTEGER NOT NULL DEFAULT 0, -- 1: somebody ran it, at a moment that may be an instant as well
    outcome TEXT NOT NULL,
    job_id INTEGER,
    made_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER, -- NULL with a job_id: its run has not ended
    state TEXT, -- how it ended
    code TEXT,
    error TEXT,
    fleeting INTEGER NOT NULL DEFAULT 0, -- 1: its job is deleted after its end
    actor TEXT,
    note TEXT,
    PRIMARY KEY (schedule_id, instant, by_hand)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_tick_job ON headway_tick (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX headway_tick_open ON headway_tick (schedule_id, instant) WHERE job_id IS NOT NULL AND ended_at IS NULL;
CREATE INDEX headway_tick_fleeting ON headway_tick (ended_at) WHERE fleeting = 1 AND job_id IS NOT NULL AND ended_at IS NOT NULL;

-- Instants that were passed over, in ranges.
CREATE TABLE headway_missed (
    schedule_id INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    instants INTEGER NOT NULL,
    is_least INTEGER NOT NULL, -- 1: there were more than were counted
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_missed_until ON headway_missed (schedule_id, until_at);

-- Which nodes' code has which schedules; 0 for each that said so, if only that it has none.
CREATE TABLE headway_declaration (
    schedule_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    digest BLOB NOT NULL, -- of the definition in that node's code
    PRIMARY KEY (schedule_id, node_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_declaration_node ON headway_declaration (node_id, schedule_id, digest);

-- The apps whose schedules are all paused.
CREATE TABLE headway_scheduler (
    app TEXT PRIMARY KEY,
    paused_at INTEGER NOT NULL,
    paused_by TEXT
) STRICT, WITHOUT ROWID;

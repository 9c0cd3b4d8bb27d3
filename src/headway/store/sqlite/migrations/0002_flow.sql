-- Batches, callbacks, named workers, keys and gates. A job that has none of them has ties = 0 and NULL in the rest.

ALTER TABLE headway_job ADD COLUMN ties INTEGER NOT NULL DEFAULT 0; -- what hangs on it, as bits: headway.model.tie
ALTER TABLE headway_job ADD COLUMN lane TEXT; -- the named worker it runs on, one at a time
ALTER TABLE headway_job ADD COLUMN key TEXT; -- the concurrency key
ALTER TABLE headway_job ADD COLUMN key_terms INTEGER; -- how many of it may run at once, + 1024 * the number of its rate limit
ALTER TABLE headway_job ADD COLUMN front INTEGER; -- 1 while one that has a named worker or a key is ready or runs
ALTER TABLE headway_job ADD COLUMN unique_key TEXT;
ALTER TABLE headway_job ADD COLUMN unique_held TEXT; -- the same, as long as no other job may have it
ALTER TABLE headway_job ADD COLUMN unique_until INTEGER; -- held until this moment instead of until its end
ALTER TABLE headway_job ADD COLUMN batch INTEGER;
ALTER TABLE headway_job ADD COLUMN batched TEXT; -- the state under which its batch counts it
ALTER TABLE headway_job ADD COLUMN condition TEXT; -- how its parents must have ended, if not all well
ALTER TABLE headway_job ADD COLUMN outcomes INTEGER NOT NULL DEFAULT 0; -- how parents ended so far, as bits: headway.model.condition; kept where there is a condition
ALTER TABLE headway_job ADD COLUMN callback_of INTEGER; -- the job whose callback it is
ALTER TABLE headway_job ADD COLUMN replay_of INTEGER; -- the job that it repeats

ALTER TABLE headway_body ADD COLUMN callback TEXT; -- the job to insert when this one has returned
ALTER TABLE headway_body ADD COLUMN links TEXT; -- arguments that are results of parents: {"argument": parent id}

-- Lines, for named workers and for keys: who runs or is ready, and who waits (blocked = 'line'; 'lane': its named worker does
-- not let it stand in the line of its key yet), each found by a seek, however many wait. No index here asks for the state:
-- claiming and settling a job that stands in no line has nothing to look at in them.
CREATE INDEX headway_job_lane ON headway_job (app, lane) WHERE lane IS NOT NULL AND front = 1;
CREATE INDEX headway_job_lane_line ON headway_job (app, lane, id, key)
    WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane');
CREATE INDEX headway_job_key ON headway_job (app, key) WHERE key IS NOT NULL AND front = 1;
CREATE INDEX headway_job_key_line ON headway_job (app, key, queue, name, key_terms, priority DESC, due_at, id)
    WHERE key IS NOT NULL AND blocked = 'line';
CREATE INDEX headway_job_worker ON headway_job (lane, id) WHERE lane IS NOT NULL;
-- Those who wait in a line must not be in the way of whoever looks for the parked.
DROP INDEX headway_job_blocked;
CREATE INDEX headway_job_blocked ON headway_job (name, app) WHERE blocked = 'unknown_handler';
CREATE UNIQUE INDEX headway_job_unique ON headway_job (app, unique_held) WHERE unique_held IS NOT NULL;
CREATE INDEX headway_job_window ON headway_job (unique_until) WHERE unique_until IS NOT NULL AND unique_held IS NOT NULL;
CREATE INDEX headway_job_member ON headway_job (batch, id) WHERE batch IS NOT NULL;
CREATE INDEX headway_job_member_waiting ON headway_job (batch) WHERE batch IS NOT NULL AND parents_left > 0;
CREATE INDEX headway_job_callback ON headway_job (callback_of) WHERE callback_of IS NOT NULL;

-- A queue that somebody paused or sized. A queue that is not here has no gate.
CREATE TABLE headway_queue (
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    paused_at INTEGER,
    paused_by TEXT,
    size INTEGER, -- how many of its jobs may run at once, over all nodes
    sized_at INTEGER,
    rate_starts INTEGER, -- so many starts
    rate_window INTEGER, -- in any span of so many microseconds
    rated_at INTEGER,
    PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;

-- The starts that a rate limit still has to remember, one row for each moment. The running total makes two seeks of a count.
CREATE TABLE headway_start (
    app TEXT NOT NULL,
    gate TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    total INTEGER NOT NULL, -- with all that came before it
    PRIMARY KEY (app, gate, started_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX headway_start_moment ON headway_start (started_at);

-- The rate limits that jobs with a concurrency key have, each once.
CREATE TABLE headway_rate (
    id INTEGER PRIMARY KEY,
    starts INTEGER NOT NULL, -- so many starts
    span INTEGER NOT NULL, -- in any span of so many microseconds
    UNIQUE (starts, span)
) STRICT;

-- The keys whose jobs have one: their starts are among the others.
CREATE TABLE headway_key (
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    span INTEGER NOT NULL, -- the longest of its rate limits: so long its starts are remembered
    opens_at INTEGER, -- when its line is to be looked at again, because it has more room then and somebody waits
    forget_at INTEGER NOT NULL, -- when all its starts are older than the span
    PRIMARY KEY (app, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_key_opens ON headway_key (opens_at) WHERE opens_at IS NOT NULL;
CREATE INDEX headway_key_over ON headway_key (forget_at);

-- The limits of handlers, as the code of this node has them: [[names, limit, [starts, span]], ...]
ALTER TABLE headway_node ADD COLUMN limits TEXT;
ALTER TABLE headway_node ADD COLUMN limits_at INTEGER; -- when it last learned others, after it had been entered

CREATE TABLE headway_batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    parent INTEGER, -- the batch that this one is a part of
    expected INTEGER, -- so many jobs will come; then it seals itself
    created_at INTEGER NOT NULL,
    created_by TEXT,
    sealed_at INTEGER,
    finished_at INTEGER, -- everything in it has ended for the first time: on_finish was fired
    succeeded_at INTEGER, -- everything in it has ended well for the first time: on_success was fired
    cancel_at INTEGER,
    cancel_by TEXT,
    cancel_next INTEGER, -- its jobs from this one on are still to be cancelled
    telling INTEGER NOT NULL DEFAULT 0, -- jobs that wait for it are still to be told how it ended
    outcome TEXT, -- how it ended; NULL while something in it has not, also again after a requeue
    jobs INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    purged INTEGER NOT NULL DEFAULT 0, -- jobs that are counted and deleted
    existing INTEGER NOT NULL DEFAULT 0, -- calls that were answered with jobs that were there; they count towards what is expected
    batches INTEGER NOT NULL DEFAULT 0, -- batches that are parts of it, and how they ended
    batches_completed INTEGER NOT NULL DEFAULT 0,
    batches_failed INTEGER NOT NULL DEFAULT 0,
    batches_cancelled INTEGER NOT NULL DEFAULT 0,
    on_finish TEXT, -- the job to insert, as JSON, and its number once it was
    on_success TEXT,
    finish_job INTEGER,
    success_job INTEGER,
    UNIQUE (app, name)
) STRICT;
CREATE INDEX headway_batch_parent ON headway_batch (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX headway_batch_ended ON headway_batch (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX headway_batch_cancelling ON headway_batch (id) WHERE cancel_next IS NOT NULL;
CREATE INDEX headway_batch_telling ON headway_batch (id) WHERE telling = 1;

-- Jobs that wait for a batch, by its name: it may not be there yet.
CREATE TABLE headway_batch_waiter (
    app TEXT NOT NULL,
    batch_name TEXT NOT NULL,
    child_id INTEGER NOT NULL,
    counted INTEGER NOT NULL, -- still part of the child's parents_left
    PRIMARY KEY (app, batch_name, child_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_batch_waiter_counted ON headway_batch_waiter (app, batch_name, child_id) WHERE counted = 1;
CREATE INDEX headway_batch_waiter_child ON headway_batch_waiter (child_id);

-- The references of those calls, as long as the batch is open: one that is repeated counts once.
CREATE TABLE headway_batch_answer (
    batch INTEGER NOT NULL,
    ref_id TEXT NOT NULL,
    PRIMARY KEY (batch, ref_id)
) STRICT, WITHOUT ROWID;

-- Runs on a named worker that are not stored as jobs: who waits or runs there, and behind which jobs.
CREATE TABLE headway_turn (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    lane TEXT NOT NULL,
    node_id INTEGER NOT NULL,
    name TEXT NOT NULL, -- the handler that runs
    after_id INTEGER NOT NULL, -- the newest job when it came: those up to here go first
    asked_at INTEGER NOT NULL,
    started_at INTEGER,
    stop_at INTEGER, -- since when it is asked to stop, and by whom
    stop_by TEXT
) STRICT;
CREATE INDEX headway_turn_lane ON headway_turn (app, lane, id);
CREATE INDEX headway_turn_node ON headway_turn (node_id);

-- Jobs that go again, and batches that they opened, whose dependants are put back in steps: those after `after_id` are left.
CREATE TABLE headway_revival (
    parent_id INTEGER NOT NULL,
    is_batch INTEGER NOT NULL,
    after_id INTEGER NOT NULL,
    actor TEXT,
    PRIMARY KEY (parent_id, is_batch)
) STRICT, WITHOUT ROWID;

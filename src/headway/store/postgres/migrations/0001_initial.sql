-- The first schema, the same tables as in SQLite. Moments are UTC microseconds of the database's clock, the *_boot columns too.
-- Flags are numbers, so that a statement reads alike in both. Texts are compared byte by byte, whatever the database's own order.

-- The numbers of jobs. None is used twice; there may be gaps.
CREATE SEQUENCE headway_job_number;

CREATE TABLE headway_job (
    id bigint PRIMARY KEY DEFAULT nextval('headway_job_number'),
    app text COLLATE "C" NOT NULL,
    ref_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    priority bigint NOT NULL DEFAULT 0,
    due_at bigint NOT NULL,
    created_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    expires_at bigint,
    epoch bigint NOT NULL DEFAULT 0,
    tries bigint NOT NULL DEFAULT 0,
    crashes bigint NOT NULL DEFAULT 0,
    retries bigint NOT NULL,
    node_id bigint,
    parents_left bigint NOT NULL DEFAULT 0,
    has_dependants smallint NOT NULL DEFAULT 0,
    suspect smallint NOT NULL DEFAULT 0,
    interrupt_fails smallint NOT NULL DEFAULT 0,
    archived smallint NOT NULL DEFAULT 0,
    pruned smallint NOT NULL DEFAULT 0, -- 1: the archived log is gone; 2: the whole archived record, only this row is left
    blocked text COLLATE "C",
    code text COLLATE "C",
    reason text COLLATE "C",
    cancel_at bigint,
    cancel_by text COLLATE "C",
    tags text COLLATE "C",
    created_by text COLLATE "C",
    user_id text COLLATE "C",
    batch_id text COLLATE "C",
    reply_to text COLLATE "C",
    parent_id bigint,
    parents text COLLATE "C",
    content bytea,
    ties bigint NOT NULL DEFAULT 0, -- what hangs on it, as bits: headway.model.tie
    lane text COLLATE "C", -- the named worker it runs on, one at a time
    key text COLLATE "C", -- the concurrency key
    key_terms bigint, -- how many of it may run at once, + 1024 * the number of its rate limit
    front smallint, -- 1 while one that has a named worker or a key is ready or runs
    unique_key text COLLATE "C",
    unique_held text COLLATE "C", -- the same, as long as no other job may have it
    unique_until bigint, -- held until this moment instead of until its end
    batch bigint,
    batched text COLLATE "C", -- the state under which its batch counts it
    condition text COLLATE "C", -- how its parents must have ended, if not all well
    outcomes bigint NOT NULL DEFAULT 0, -- how parents ended so far, as bits: headway.model.condition; kept where there is a condition
    callback_of bigint, -- the job whose callback it is
    replay_of bigint -- the job that it repeats
);

CREATE UNIQUE INDEX headway_job_ref ON headway_job (app, ref_id);

-- The claim reads only this one: for each queue and name that it wants, from the front. So jobs that a worker does not
-- know, or has no place for now, cost it nothing however many they are.
CREATE INDEX headway_job_ready ON headway_job (app, queue, name, priority DESC, due_at, id)
    WHERE state = 'queued' AND blocked IS NULL;
CREATE INDEX headway_job_running ON headway_job (node_id, cancel_at) WHERE state = 'running';
CREATE INDEX headway_job_expiry ON headway_job (expires_at)
    WHERE expires_at IS NOT NULL AND finished_at IS NULL;

-- What ended: the archiver takes from its first part, oldest first, and what is to be pruned stands in the others. Only final jobs have a finished_at; asking for it
-- instead of the state spares every other change of state a look at this index.
CREATE INDEX headway_job_ended ON headway_job (archived, pruned, finished_at) WHERE finished_at IS NOT NULL;
-- Ended badly: what operators look for among millions of completed ones. (IN would build its list anew for every row.)
CREATE INDEX headway_job_batch ON headway_job (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX headway_job_creator ON headway_job (created_by, id) WHERE created_by IS NOT NULL;
CREATE INDEX headway_job_reply ON headway_job (reply_to, id) WHERE reply_to IS NOT NULL;
CREATE INDEX headway_job_parent ON headway_job (parent_id, id) WHERE parent_id IS NOT NULL;

-- The heavy part of a job: leaves for the month's archive after the job has ended.
CREATE TABLE headway_body (
    job_id bigint PRIMARY KEY,
    payload text COLLATE "C" NOT NULL,
    options text COLLATE "C",
    extras text COLLATE "C",
    result text COLLATE "C",
    result_size bigint,
    checkpoint text COLLATE "C",
    callback text COLLATE "C", -- the job to insert when this one has returned
    links text COLLATE "C" -- arguments that are results of parents: {"argument": parent id}
);

CREATE TABLE headway_attempt (
    job_id bigint NOT NULL,
    epoch bigint NOT NULL,
    node_id bigint,
    started_at bigint NOT NULL,
    finished_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    code text COLLATE "C",
    reason text COLLATE "C",
    error text COLLATE "C",
    PRIMARY KEY (job_id, epoch)
);

-- The unusual transitions: who, what, why. The usual ones are read off job and attempt.
CREATE TABLE headway_event (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    job_id bigint NOT NULL,
    epoch bigint NOT NULL,
    happened_at bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    actor text COLLATE "C",
    note text COLLATE "C"
);
CREATE INDEX headway_event_job ON headway_event (job_id, id);

CREATE TABLE headway_progress (
    job_id bigint PRIMARY KEY,
    fraction double precision,
    message text COLLATE "C",
    status text COLLATE "C",
    stats text COLLATE "C",
    last_line bigint NOT NULL DEFAULT 0
);

CREATE TABLE headway_line (
    job_id bigint NOT NULL,
    number bigint NOT NULL,
    epoch bigint NOT NULL,
    logged_at bigint NOT NULL,
    level bigint NOT NULL,
    body text COLLATE "C" NOT NULL,
    PRIMARY KEY (job_id, number)
);

CREATE TABLE headway_tag (
    tag text COLLATE "C" NOT NULL,
    job_id bigint NOT NULL,
    PRIMARY KEY (tag, job_id)
);

-- The call's free facts, for searching: they stay with the row when the body leaves for the archive.
CREATE TABLE headway_fact (
    name text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    job_id bigint NOT NULL,
    PRIMARY KEY (name, value, job_id)
);
CREATE INDEX headway_fact_job ON headway_fact (job_id);

CREATE TABLE headway_dependency (
    parent_id bigint NOT NULL,
    child_id bigint NOT NULL,
    counted smallint NOT NULL, -- still part of the child's parents_left
    PRIMARY KEY (parent_id, child_id)
);
CREATE INDEX headway_dependency_counted ON headway_dependency (parent_id, child_id) WHERE counted = 1;

-- Parents that ended and whose dependants are still being told, in steps.
CREATE TABLE headway_family (
    parent_id bigint PRIMARY KEY
);

CREATE TABLE headway_node (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    uid text COLLATE "C" NOT NULL UNIQUE,
    app text COLLATE "C" NOT NULL,
    host text COLLATE "C" NOT NULL,
    pid bigint NOT NULL,
    version text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    started_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    boot_id text COLLATE "C" NOT NULL,
    lease_boot bigint NOT NULL,
    queues text COLLATE "C",
    names text COLLATE "C" NOT NULL,
    concurrency bigint NOT NULL,
    shielded smallint NOT NULL,
    limits text COLLATE "C",
    limits_at bigint -- when it last learned others, after it had been entered
);
CREATE INDEX headway_node_active ON headway_node (lease_boot) WHERE state IN ('active', 'draining');

CREATE TABLE headway_setting (
    name text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE headway_schema (
    version bigint PRIMARY KEY,
    applied_at bigint NOT NULL,
    digest text COLLATE "C" NOT NULL
);

-- Batches, callbacks, named workers, keys and gates. A job that has none of them has ties = 0 and NULL in the rest.

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
CREATE INDEX headway_job_blocked ON headway_job (name, app) WHERE blocked = 'unknown_handler';
CREATE UNIQUE INDEX headway_job_unique ON headway_job (app, unique_held) WHERE unique_held IS NOT NULL;
CREATE INDEX headway_job_window ON headway_job (unique_until) WHERE unique_until IS NOT NULL AND unique_held IS NOT NULL;
CREATE INDEX headway_job_member ON headway_job (batch, id) WHERE batch IS NOT NULL;
CREATE INDEX headway_job_member_waiting ON headway_job (batch) WHERE batch IS NOT NULL AND parents_left > 0;
CREATE INDEX headway_job_callback ON headway_job (callback_of) WHERE callback_of IS NOT NULL;

-- A queue that somebody paused or sized. A queue that is not here has no gate.
CREATE TABLE headway_queue (
    app text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    paused_at bigint,
    paused_by text COLLATE "C",
    size bigint, -- how many of its jobs may run at once, over all nodes
    sized_at bigint,
    rate_starts bigint, -- so many starts
    rate_window bigint, -- in any span of so many microseconds
    rated_at bigint,
    PRIMARY KEY (app, name)
);

-- The starts that a rate limit still has to remember, one row for each moment. The running total makes two seeks of a count.
CREATE TABLE headway_start (
    app text COLLATE "C" NOT NULL,
    gate text COLLATE "C" NOT NULL,
    started_at bigint NOT NULL,
    starts bigint NOT NULL,
    total bigint NOT NULL, -- with all that came before it
    pulled smallint NOT NULL DEFAULT 0 CHECK (pulled IN (0, 1)), -- some of these starts were moved
    PRIMARY KEY (app, gate, started_at)
);

CREATE INDEX headway_start_moment ON headway_start (started_at);

-- The rate limits that jobs with a concurrency key have, each once.
CREATE TABLE headway_rate (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    starts bigint NOT NULL, -- so many starts
    span bigint NOT NULL, -- in any span of so many microseconds
    UNIQUE (starts, span)
);

-- The keys whose jobs have one: their starts are among the others.
CREATE TABLE headway_key (
    app text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    span bigint NOT NULL, -- the longest of its rate limits: so long its starts are remembered
    opens_at bigint, -- when its line is to be looked at again, because it has more room then and somebody waits
    forget_at bigint NOT NULL, -- when all its starts are older than the span
    PRIMARY KEY (app, key)
);
CREATE INDEX headway_key_opens ON headway_key (opens_at) WHERE opens_at IS NOT NULL;
CREATE INDEX headway_key_over ON headway_key (forget_at);

-- The limits of handlers, as the code of this node has them: [[names, limit, [starts, span]], ...]

CREATE TABLE headway_batch (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    app text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    parent bigint, -- the batch that this one is a part of
    expected bigint, -- so many jobs will come; then it seals itself
    created_at bigint NOT NULL,
    created_by text COLLATE "C",
    sealed_at bigint,
    finished_at bigint, -- everything in it has ended for the first time: on_finish was fired
    succeeded_at bigint, -- everything in it has ended well for the first time: on_success was fired
    cancel_at bigint,
    cancel_by text COLLATE "C",
    cancel_next bigint, -- its jobs from this one on are still to be cancelled
    telling smallint NOT NULL DEFAULT 0, -- jobs that wait for it are still to be told how it ended
    outcome text COLLATE "C", -- how it ended; NULL while something in it has not, also again after a requeue
    jobs bigint NOT NULL DEFAULT 0,
    completed bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    purged bigint NOT NULL DEFAULT 0, -- jobs that are counted and deleted
    existing bigint NOT NULL DEFAULT 0, -- calls that were answered with jobs that were there; they count towards what is expected
    batches bigint NOT NULL DEFAULT 0, -- batches that are parts of it, and how they ended
    batches_completed bigint NOT NULL DEFAULT 0,
    batches_failed bigint NOT NULL DEFAULT 0,
    batches_cancelled bigint NOT NULL DEFAULT 0,
    on_finish text COLLATE "C", -- the job to insert, as JSON, and its number once it was
    on_success text COLLATE "C",
    finish_job bigint,
    success_job bigint,
    UNIQUE (app, name)
);
CREATE INDEX headway_batch_parent ON headway_batch (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX headway_batch_ended ON headway_batch (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX headway_batch_cancelling ON headway_batch (id) WHERE cancel_next IS NOT NULL;
CREATE INDEX headway_batch_telling ON headway_batch (id) WHERE telling = 1;

-- Jobs that wait for a batch, by its name: it may not be there yet.
CREATE TABLE headway_batch_waiter (
    app text COLLATE "C" NOT NULL,
    batch_name text COLLATE "C" NOT NULL,
    child_id bigint NOT NULL,
    counted smallint NOT NULL, -- still part of the child's parents_left
    PRIMARY KEY (app, batch_name, child_id)
);
CREATE INDEX headway_batch_waiter_counted ON headway_batch_waiter (app, batch_name, child_id) WHERE counted = 1;
CREATE INDEX headway_batch_waiter_child ON headway_batch_waiter (child_id);

-- The references of those calls, as long as the batch is open: one that is repeated counts once.
CREATE TABLE headway_batch_answer (
    batch bigint NOT NULL,
    ref_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (batch, ref_id)
);

-- Runs on a named worker that are not stored as jobs: who waits or runs there, and behind which jobs.
CREATE TABLE headway_turn (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    app text COLLATE "C" NOT NULL,
    lane text COLLATE "C" NOT NULL,
    node_id bigint NOT NULL,
    name text COLLATE "C" NOT NULL, -- the handler that runs
    after_id bigint NOT NULL, -- the newest job when it came: those up to here go first
    asked_at bigint NOT NULL,
    started_at bigint,
    stop_at bigint, -- since when it is asked to stop, and by whom
    stop_by text COLLATE "C"
);
CREATE INDEX headway_turn_lane ON headway_turn (app, lane, id);
CREATE INDEX headway_turn_node ON headway_turn (node_id);

-- Jobs that go again, and batches that they opened, whose dependants are put back in steps: those after `after_id` are left.
CREATE TABLE headway_revival (
    parent_id bigint NOT NULL,
    is_batch smallint NOT NULL,
    after_id bigint NOT NULL,
    actor text COLLATE "C",
    PRIMARY KEY (parent_id, is_batch)
);

-- Where the clock is set back: until the moment that it showed before (and the minute after the beat that saw it) what is
-- recorded may overlap where nothing did, and the audit does not judge it.
CREATE FUNCTION headway_note_set_back() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO headway_setting (name, value) VALUES ('clock_ahead', (old.seen_at + 60000000)::text)
    ON CONFLICT (name) DO UPDATE SET value = greatest(headway_setting.value::bigint, excluded.value::bigint)::text;
    RETURN NULL;
END $$;
CREATE TRIGGER headway_node_set_back AFTER UPDATE OF seen_at ON headway_node
    FOR EACH ROW WHEN (new.seen_at < old.seen_at) EXECUTE FUNCTION headway_note_set_back();

-- What is to run again and again, and how far each has come.
CREATE TABLE headway_schedule (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    app text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    managed text COLLATE "C" NOT NULL, -- by code or db
    definition text COLLATE "C" NOT NULL, -- JSON of headway.model.schedule.Definition
    digest bytea NOT NULL, -- of the definition
    timing bytea NOT NULL, -- of that part of it which says when
    created_at bigint NOT NULL,
    created_by text COLLATE "C",
    changed_at bigint NOT NULL,
    changed_by text COLLATE "C",
    anchor_at bigint NOT NULL, -- from when intervals are counted
    next_at bigint, -- NULL: it is not due
    next_was bigint, -- when it was due next as it was orphaned
    judged_to bigint NOT NULL, -- up to here every instant was fired or passed over; 0: none was yet
    judged_at bigint NOT NULL, -- when that was done last, by the clock of that moment
    paused_at bigint,
    paused_by text COLLATE "C",
    orphaned_at bigint,
    removed_at bigint,
    finished_at bigint,
    error text COLLATE "C",
    unread smallint NOT NULL DEFAULT 0, -- 1: with an error, that the node had which read it; others may read it
    run_count bigint NOT NULL DEFAULT 0,
    skip_count bigint NOT NULL DEFAULT 0,
    missed_count bigint NOT NULL DEFAULT 0,
    success_at bigint,
    UNIQUE (app, name)
);
CREATE INDEX headway_schedule_due ON headway_schedule (app, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX headway_schedule_judged ON headway_schedule (app, judged_at) WHERE next_at IS NOT NULL;

-- An instant that was judged by itself: no two jobs are made for one.
CREATE TABLE headway_tick (
    schedule_id bigint NOT NULL,
    instant bigint NOT NULL,
    by_hand smallint NOT NULL DEFAULT 0, -- 1: somebody ran it, at a moment that may be an instant as well
    outcome text COLLATE "C" NOT NULL,
    job_id bigint,
    made_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint, -- NULL with a job_id: its run has not ended
    state text COLLATE "C", -- how it ended
    code text COLLATE "C",
    error text COLLATE "C",
    fleeting smallint NOT NULL DEFAULT 0, -- 1: its job is deleted after its end
    actor text COLLATE "C",
    note text COLLATE "C",
    PRIMARY KEY (schedule_id, instant, by_hand)
);
CREATE INDEX headway_tick_job ON headway_tick (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX headway_tick_open ON headway_tick (schedule_id, instant) WHERE job_id IS NOT NULL AND ended_at IS NULL;
CREATE INDEX headway_tick_fleeting ON headway_tick (ended_at) WHERE fleeting = 1 AND job_id IS NOT NULL AND ended_at IS NOT NULL;

-- Instants that were passed over, in ranges.
CREATE TABLE headway_missed (
    schedule_id bigint NOT NULL,
    from_at bigint NOT NULL,
    until_at bigint NOT NULL,
    instants bigint NOT NULL,
    is_least smallint NOT NULL, -- 1: there were more than were counted
    noted_at bigint NOT NULL,
    PRIMARY KEY (schedule_id, from_at)
);
CREATE INDEX headway_missed_until ON headway_missed (schedule_id, until_at);

-- Which nodes' code has which schedules; 0 for each that said so, if only that it has none.
CREATE TABLE headway_declaration (
    schedule_id bigint NOT NULL,
    node_id bigint NOT NULL,
    digest bytea NOT NULL, -- of the definition in that node's code
    PRIMARY KEY (schedule_id, node_id)
);
CREATE INDEX headway_declaration_node ON headway_declaration (node_id, schedule_id, digest);

-- The apps whose schedules are all paused.
CREATE TABLE headway_scheduler (
    app text COLLATE "C" PRIMARY KEY,
    paused_at bigint NOT NULL,
    paused_by text COLLATE "C"
);

-- What people did, and who may.

-- Every change that somebody asked for, beside what it changed: written in the same transaction, never changed.
CREATE TABLE headway_act (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    happened_at bigint NOT NULL,
    app text COLLATE "C", -- NULL: it concerns the store or its users, not one app
    actor text COLLATE "C",
    via text COLLATE "C" NOT NULL, -- api, pages, command
    kind text COLLATE "C" NOT NULL, -- cancel, retry, delete, pause, ...
    subject text COLLATE "C" NOT NULL, -- job, batch, queue, schedule, node, user, token, ...
    subject_id text COLLATE "C", -- a job's number, a queue's name
    note text COLLATE "C" -- JSON: what it was and what it became, how many jobs, which filter
);
CREATE INDEX headway_act_subject ON headway_act (subject, subject_id, id);

CREATE FUNCTION headway_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'what people did is not changed, and not forgotten';
END $$;
CREATE TRIGGER headway_act_stays BEFORE UPDATE OR DELETE ON headway_act
    FOR EACH ROW EXECUTE FUNCTION headway_refuse_change();

-- Users of the built-in login. A password is stored as its hash, sessions and tokens as the SHA-256 of a random secret.
CREATE TABLE headway_user (
    name text COLLATE "C" PRIMARY KEY,
    password text COLLATE "C", -- NULL: signs in by a link only
    permissions text COLLATE "C" NOT NULL, -- JSON list
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    disabled_at bigint
);

CREATE TABLE headway_session (
    digest text COLLATE "C" PRIMARY KEY,
    user_name text COLLATE "C" NOT NULL,
    permissions text COLLATE "C", -- JSON list of a session without a user (a sign-in link); NULL: those that the user has now
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX headway_session_user ON headway_session (user_name);
CREATE INDEX headway_session_over ON headway_session (expires_at);

CREATE TABLE headway_token (
    name text COLLATE "C" PRIMARY KEY,
    kind text COLLATE "C" NOT NULL, -- bearer, or link: good for one sign-in
    digest text COLLATE "C" NOT NULL UNIQUE,
    permissions text COLLATE "C" NOT NULL,
    apps text COLLATE "C", -- JSON list; NULL: every app of the store
    created_at bigint NOT NULL,
    created_by text COLLATE "C",
    expires_at bigint,
    revoked_at bigint,
    seen_at bigint
);

-- Figures over time: what ended in each minute, hour and day, summed up while the jobs are still there.

-- Up to where is written in the setting "figures"; only whoever moves that on changes what is in here.
CREATE TABLE headway_figure (
    step bigint NOT NULL, -- seconds: 60, 3600, 86400
    from_at bigint NOT NULL,
    app text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL, -- how they ended
    jobs bigint NOT NULL,
    run text COLLATE "C", -- how long they ran: bucket of headway.model.histogram, jobs, bucket, jobs, ...
    run_longest bigint,
    wait text COLLATE "C", -- how long after their due moment they began
    wait_longest bigint,
    PRIMARY KEY (step, from_at, app, name, queue, state)
);

-- The jobs that have ended, by the month in which they were created; what is deleted or goes again is taken off.
CREATE TABLE headway_month_count (
    app text COLLATE "C" NOT NULL,
    month text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    jobs bigint NOT NULL,
    PRIMARY KEY (app, month, state)
);

-- The only unfinished state that no other index leads to: a job is in it from its success to the end of its callback.
CREATE INDEX headway_job_executed ON headway_job (app) WHERE state = 'executed';

-- With what scheduled jobs are counted by. Only they are in it: what is queued at once, claimed and settled pays nothing.
CREATE INDEX headway_job_due ON headway_job (due_at, app, queue, name) WHERE state = 'scheduled';

-- With what failures are grouped, counted and sorted by, so that nobody goes from each to its row. Only jobs that ended
-- badly are in it: those that complete pay nothing.
CREATE INDEX headway_job_bad ON headway_job (state, id, app, name, code, finished_at)
    WHERE finished_at IS NOT NULL AND (state = 'failed' OR state = 'cancelled' OR state = 'skipped');

-- The archive: ended jobs whole, in a partition for each month of creation, which is made when the first comes and dropped
-- when the last has gone.
CREATE TABLE headway_record (
    id bigint NOT NULL,
    ref_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    finished_at bigint,
    payload text COLLATE "C" NOT NULL,
    options text COLLATE "C",
    extras text COLLATE "C",
    result text COLLATE "C",
    result_size bigint,
    checkpoint text COLLATE "C",
    callback text COLLATE "C",
    links text COLLATE "C",
    fraction double precision,
    message text COLLATE "C",
    status text COLLATE "C",
    stats text COLLATE "C",
    last_line bigint,
    attempts text COLLATE "C" NOT NULL,
    events text COLLATE "C" NOT NULL,
    lines text COLLATE "C" NOT NULL,
    checksum bigint NOT NULL,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);

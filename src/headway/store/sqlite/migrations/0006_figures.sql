-- Figures over time: what ended in each minute, hour and day, summed up while the jobs are still there.

-- Up to where is written in the setting "figures"; only whoever moves that on changes what is in here.
CREATE TABLE headway_figure (
    step INTEGER NOT NULL, -- seconds: 60, 3600, 86400
    from_at INTEGER NOT NULL,
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL, -- how they ended
    jobs INTEGER NOT NULL,
    run TEXT, -- how long they ran: bucket of headway.model.histogram, jobs, bucket, jobs, ...
    run_longest INTEGER,
    wait TEXT, -- how long after their due moment they began
    wait_longest INTEGER,
    PRIMARY KEY (step, from_at, app, name, queue, state)
) STRICT, WITHOUT ROWID;

-- The jobs that have ended, by the month in which they were created; what is deleted or goes again is taken off.
CREATE TABLE headway_month_count (
    app TEXT NOT NULL,
    month TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (app, month, state)
) STRICT, WITHOUT ROWID;

-- Whoever follows events goes by their numbers, so none is used again: what is deleted from the end of the table leaves a
-- row of no job there.
CREATE TRIGGER headway_event_deleted AFTER DELETE ON headway_event
WHEN old.id > coalesce((SELECT max(id) FROM headway_event), 0)
BEGIN
    INSERT INTO headway_event (id, job_id, epoch, happened_at, kind) VALUES (old.id, 0, 0, old.happened_at, 'deleted');
    DELETE FROM headway_event WHERE job_id = 0 AND id < old.id;
END;

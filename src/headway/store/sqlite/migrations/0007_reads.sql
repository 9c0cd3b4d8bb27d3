-- How many jobs there are, without going through them.

-- The only unfinished state that no other index leads to: a job is in it from its success to the end of its callback.
CREATE INDEX headway_job_executed ON headway_job (app) WHERE state = 'executed';

-- How many archived jobs ended how. The state of an archived job does not change before it is brought back, so only
-- what archives, brings back and deletes pays for this: no claim, no settlement.
CREATE TABLE headway_archived (
    app TEXT NOT NULL,
    state TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (app, state)
) STRICT, WITHOUT ROWID;
INSERT INTO headway_archived (app, state, jobs) SELECT app, state, count(*) FROM headway_job WHERE archived = 1 GROUP BY app, state;
CREATE TRIGGER headway_job_archived AFTER UPDATE OF archived ON headway_job WHEN new.archived <> old.archived
BEGIN
    INSERT INTO headway_archived (app, state, jobs) VALUES (old.app, old.state, new.archived - old.archived)
    ON CONFLICT (app, state) DO UPDATE SET jobs = jobs + excluded.jobs;
END;
CREATE TRIGGER headway_job_archive_purged AFTER DELETE ON headway_job WHEN old.archived = 1
BEGIN
    UPDATE headway_archived SET jobs = jobs - 1 WHERE app = old.app AND state = old.state;
END;

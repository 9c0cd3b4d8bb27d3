-- The only unfinished state that no other index leads to: a job is in it from its success to the end of its callback.
CREATE INDEX headway_job_executed ON headway_job (app) WHERE state = 'executed';

-- With what scheduled jobs are counted by. Only they are in it: what is queued at once, claimed and settled pays nothing.
DROP INDEX headway_job_due;
CREATE INDEX headway_job_due ON headway_job (due_at, app, queue, name) WHERE state = 'scheduled';

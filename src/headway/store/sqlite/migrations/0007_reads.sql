-- The only unfinished state that no other index leads to: a job is in it from its success to the end of its callback.
CREATE INDEX headway_job_executed ON headway_job (app) WHERE state = 'executed';

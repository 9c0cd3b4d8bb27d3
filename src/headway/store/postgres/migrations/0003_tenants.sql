-- For whom a job is done, in an application that works for several. A column without a default is added at once, and the
-- index holds no row of what is there already.
ALTER TABLE headway_job ADD COLUMN tenant text COLLATE "C";
CREATE INDEX headway_job_tenant ON headway_job (tenant, id) WHERE tenant IS NOT NULL;
ALTER TABLE headway_batch ADD COLUMN tenant text COLLATE "C";

-- Who may see the jobs of one tenant only; NULL: those of all.
ALTER TABLE headway_user ADD COLUMN tenant text COLLATE "C";
ALTER TABLE headway_session ADD COLUMN tenant text COLLATE "C"; -- of a session that has permissions of its own
ALTER TABLE headway_token ADD COLUMN tenant text COLLATE "C";

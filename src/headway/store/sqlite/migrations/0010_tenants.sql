-- For whom a job is done, in an application that works for several. Those that are for nobody pay a byte, and no index.
ALTER TABLE headway_job ADD COLUMN tenant TEXT;
CREATE INDEX headway_job_tenant ON headway_job (tenant, id) WHERE tenant IS NOT NULL;
ALTER TABLE headway_batch ADD COLUMN tenant TEXT;

-- Who may see the jobs of one tenant only; NULL: those of all.
ALTER TABLE headway_user ADD COLUMN tenant TEXT;
ALTER TABLE headway_session ADD COLUMN tenant TEXT; -- of a session that has permissions of its own
ALTER TABLE headway_token ADD COLUMN tenant TEXT;

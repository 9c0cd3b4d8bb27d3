-- With what failures are grouped, counted and sorted by, so that nobody goes from each to its row. Only jobs that ended
-- badly are in it: those that complete pay nothing.
DROP INDEX headway_job_bad;
CREATE INDEX headway_job_bad ON headway_job (state, id, app, name, code, finished_at)
    WHERE finished_at IS NOT NULL AND (state = 'failed' OR state = 'cancelled' OR state = 'skipped');

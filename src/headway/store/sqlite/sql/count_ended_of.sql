-- Those of one app that ended and are not archived; grouping them would cost more than counting them.
SELECT count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'failed'),
    count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'skipped')
FROM headway_job INDEXED BY headway_job_ended WHERE finished_at IS NOT NULL AND archived = 0 AND app = :app;

-- Those that ended and are not archived, of every app: read off the index alone.
SELECT count(*) FROM headway_job INDEXED BY headway_job_ended WHERE finished_at IS NOT NULL AND archived = 0;

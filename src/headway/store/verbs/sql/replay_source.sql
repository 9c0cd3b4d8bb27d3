-- What a job was asked to do; the body is missing when it was archived.
SELECT j.interrupt_fails, j.unique_until, b.payload, b.options, b.extras, b.callback, b.links
FROM headway_job AS j LEFT JOIN headway_body AS b ON b.job_id = j.id WHERE j.id = :id;

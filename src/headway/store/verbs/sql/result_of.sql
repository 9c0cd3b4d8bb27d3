-- A job that completed, or whose callback alone did not: its result is there in both cases.
SELECT j.archived, j.created_at, j.code, b.result, b.result_size
FROM headway_job AS j LEFT JOIN headway_body AS b ON b.job_id = j.id
WHERE j.id = :id AND (j.state = 'completed' OR j.code = 'callback_failed');

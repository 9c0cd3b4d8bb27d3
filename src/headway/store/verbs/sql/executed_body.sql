-- Of an executed job whose callback is still to be inserted.
SELECT j.epoch, b.callback, b.result FROM headway_job AS j JOIN headway_body AS b ON b.job_id = j.id
WHERE j.id = :id AND j.state = 'executed' AND NOT EXISTS (
    SELECT 1 FROM headway_job AS c WHERE c.callback_of = j.id AND c.finished_at IS NULL
);

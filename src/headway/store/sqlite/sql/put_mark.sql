-- Run in the job's own transaction, as the last thing before its commit. No row: the job is done already, or belongs to
-- another attempt by now.
INSERT INTO headway_done (job_id, epoch, result, done_at)
SELECT id, epoch, :result, :now FROM headway_job WHERE id = :id AND epoch = :epoch AND state = 'running'
ON CONFLICT DO NOTHING RETURNING job_id;

-- Run in the job's own transaction, as the last thing before its commit. No row: the job is done already, or belongs to
-- another attempt by now. Where another attempt has written its mark and not committed, this one waits for its end.
INSERT INTO headway_done (job_id, epoch, result, done_at)
SELECT id, epoch, CAST(:result AS text),
    coalesce(CAST(:now AS bigint), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint))
FROM headway_job WHERE id = CAST(:id AS bigint) AND epoch = CAST(:epoch AS bigint) AND state = 'running'
ON CONFLICT DO NOTHING RETURNING job_id;

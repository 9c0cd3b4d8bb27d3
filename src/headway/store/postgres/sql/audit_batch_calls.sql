SELECT b.name FROM headway_batch AS b
WHERE (b.finish_job IS NOT NULL) <> (b.finished_at IS NOT NULL AND b.on_finish IS NOT NULL)
OR (b.success_job IS NOT NULL) <> (b.succeeded_at IS NOT NULL AND b.on_success IS NOT NULL)
OR (b.outcome = 'completed' AND b.succeeded_at IS NULL)
OR b.finish_job > (SELECT last_value FROM headway_job_number)
OR b.success_job > (SELECT last_value FROM headway_job_number)
LIMIT :limit;

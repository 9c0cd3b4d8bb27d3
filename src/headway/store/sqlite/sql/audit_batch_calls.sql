SELECT b.name FROM headway_batch AS b
WHERE (b.finish_job IS NOT NULL) <> (b.finished_at IS NOT NULL AND b.on_finish IS NOT NULL)
OR (b.success_job IS NOT NULL) <> (b.succeeded_at IS NOT NULL AND b.on_success IS NOT NULL)
OR (b.outcome = 'completed' AND b.succeeded_at IS NULL)
OR b.finish_job > (SELECT max(coalesce((SELECT max(id) FROM headway_job), 0), last_id) FROM headway_deleted)
OR b.success_job > (SELECT max(coalesce((SELECT max(id) FROM headway_job), 0), last_id) FROM headway_deleted)
LIMIT :limit;

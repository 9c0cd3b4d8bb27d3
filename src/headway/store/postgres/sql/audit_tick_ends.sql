SELECT s.name FROM headway_tick AS t JOIN headway_schedule AS s ON s.id = t.schedule_id
JOIN headway_job AS j ON j.id = t.job_id
WHERE (j.finished_at IS NULL) <> (t.ended_at IS NULL) OR t.state IS DISTINCT FROM CASE WHEN j.finished_at IS NULL THEN NULL ELSE j.state END
LIMIT :limit;

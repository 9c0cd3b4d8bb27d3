SELECT s.name FROM headway_tick AS t CROSS JOIN headway_schedule AS s ON s.id = t.schedule_id
CROSS JOIN headway_job AS j ON j.id = t.job_id
WHERE (j.finished_at IS NULL) <> (t.ended_at IS NULL) OR t.state IS NOT iif(j.finished_at IS NULL, NULL, j.state)
LIMIT :limit;

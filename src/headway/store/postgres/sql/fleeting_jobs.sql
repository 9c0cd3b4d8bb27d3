SELECT j.id, j.created_at FROM headway_tick AS t
JOIN headway_job AS j ON j.id = t.job_id AND j.finished_at IS NOT NULL
WHERE t.fleeting = 1 AND t.job_id IS NOT NULL AND t.ended_at IS NOT NULL AND t.ended_at < :before
LIMIT :limit;

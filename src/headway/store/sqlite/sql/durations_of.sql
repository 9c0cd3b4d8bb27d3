SELECT a.finished_at - a.started_at FROM headway_attempt AS a
CROSS JOIN headway_job AS j ON j.id = a.job_id
WHERE a.kind = 'returned' AND j.name = :name AND j.state = 'completed'
ORDER BY a.job_id DESC LIMIT :last;

SELECT a.finished_at - a.started_at FROM json_each(:ids) AS i
CROSS JOIN headway_attempt AS a ON a.job_id = i.value
WHERE a.kind = 'returned'
ORDER BY a.job_id DESC;

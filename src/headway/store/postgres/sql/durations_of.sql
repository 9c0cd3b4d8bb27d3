SELECT a.finished_at - a.started_at FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS i
JOIN headway_attempt AS a ON a.job_id = i.value
WHERE a.kind = 'returned'
ORDER BY a.job_id DESC;

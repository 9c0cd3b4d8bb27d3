-- The columns stand in the order in which tick.follow_ticks takes them.
SELECT t.schedule_id, t.instant, t.by_hand, j.state, j.started_at, j.finished_at, j.code, j.reason, (
    SELECT a.error FROM headway_attempt AS a WHERE a.job_id = j.id ORDER BY a.epoch DESC LIMIT 1
)
FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
CROSS JOIN headway_tick AS t INDEXED BY headway_tick_job ON t.job_id = j.id
WHERE (j.finished_at IS NULL) <> (t.ended_at IS NULL) OR t.state IS NOT (CASE WHEN j.finished_at IS NULL THEN NULL ELSE j.state END);

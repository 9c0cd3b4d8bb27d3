-- The columns stand in the order in which tick.follow_ticks takes them.
SELECT t.schedule_id, t.instant, t.by_hand, j.state, j.started_at, j.finished_at, j.code, j.reason, (
    SELECT a.error FROM headway_attempt AS a WHERE a.job_id = j.id ORDER BY a.epoch DESC LIMIT 1
)
FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value
JOIN headway_tick AS t ON t.job_id = j.id
WHERE (j.finished_at IS NULL) <> (t.ended_at IS NULL) OR t.state IS DISTINCT FROM (CASE WHEN j.finished_at IS NULL THEN NULL ELSE j.state END);

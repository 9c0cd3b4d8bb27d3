-- The columns stand in the order in which schedule_reader.schedule_row takes them; last those of the latest run.
SELECT s.id, s.app, s.name, convert_to(s.definition, 'UTF8'), s.error, s.anchor_at, s.next_at, s.judged_to, s.created_at,
    s.created_by, s.changed_at, s.changed_by, s.paused_at, s.paused_by, s.orphaned_at, s.removed_at, s.finished_at, s.run_count,
    s.skip_count, s.missed_count, s.success_at,
    t.instant, t.outcome, t.job_id, coalesce(t.state, j.state), t.made_at, coalesce(t.started_at, j.started_at), t.ended_at,
    t.code, t.error, t.actor, t.note
FROM jsonb_array_elements_text(:ids::jsonb) WITH ORDINALITY AS e(value, place)
JOIN headway_schedule AS s ON s.id = e.value::bigint
LEFT JOIN headway_tick AS t ON t.schedule_id = s.id AND (t.instant, t.by_hand) = (
    SELECT l.instant, l.by_hand FROM headway_tick AS l
    WHERE l.schedule_id = s.id AND (l.outcome = 'started' OR l.outcome = 'manual')
    ORDER BY l.instant DESC, l.by_hand DESC LIMIT 1
)
LEFT JOIN headway_job AS j ON j.id = t.job_id
ORDER BY e.place;

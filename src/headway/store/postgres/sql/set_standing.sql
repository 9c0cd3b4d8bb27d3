-- Where it goes on as it stood, the moment stays at which it was judged last: it tells whether the clock was set back.
UPDATE headway_schedule SET next_at = :next_at, next_was = NULL, judged_to = :judged_to, anchor_at = :anchor_at,
    judged_at = CASE WHEN :keeps_look = 1 THEN judged_at ELSE :now END, finished_at = :finished_at,
    paused_at = CASE WHEN :keeps_pause = 1 THEN paused_at END, paused_by = CASE WHEN :keeps_pause = 1 THEN paused_by END,
    orphaned_at = NULL, removed_at = NULL, error = NULL
WHERE id = :id;

-- Where it goes on as it stood, the moment stays at which it was judged last: it tells whether the clock was set back.
UPDATE headway_schedule SET next_at = :next_at, next_was = NULL, judged_to = :judged_to, anchor_at = :anchor_at,
    judged_at = iif(:keeps_look, judged_at, :now), finished_at = :finished_at,
    paused_at = iif(:keeps_pause, paused_at, NULL), paused_by = iif(:keeps_pause, paused_by, NULL),
    orphaned_at = NULL, removed_at = NULL, error = NULL
WHERE id = :id;

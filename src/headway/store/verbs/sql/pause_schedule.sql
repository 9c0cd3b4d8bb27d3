UPDATE headway_schedule SET paused_at = :now, paused_by = :by, next_at = NULL, next_was = NULL, judged_to = :judged_to WHERE id = :id;

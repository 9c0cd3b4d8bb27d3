UPDATE headway_schedule SET removed_at = NULL, orphaned_at = :now, next_at = NULL, next_was = NULL, paused_at = NULL, paused_by = NULL,
    error = NULL
WHERE id = :id;

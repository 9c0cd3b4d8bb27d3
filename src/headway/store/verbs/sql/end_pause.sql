UPDATE headway_schedule SET paused_at = NULL, paused_by = NULL, error = NULL WHERE id = :id;

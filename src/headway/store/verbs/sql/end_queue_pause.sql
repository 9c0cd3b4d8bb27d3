UPDATE headway_queue SET paused_at = NULL, paused_by = NULL WHERE app = :app AND name = :name AND paused_at IS NOT NULL;

SELECT name, paused_at, paused_by, size, rate_starts, rate_window FROM headway_queue WHERE app = :app;

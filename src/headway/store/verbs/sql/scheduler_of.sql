SELECT paused_at, paused_by FROM headway_scheduler WHERE app = :app;

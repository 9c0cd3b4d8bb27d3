DELETE FROM headway_scheduler WHERE app = :app;

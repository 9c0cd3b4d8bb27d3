DELETE FROM headway_queue
WHERE app = :app AND name = :name AND paused_at IS NULL AND size IS NULL AND rate_starts IS NULL;

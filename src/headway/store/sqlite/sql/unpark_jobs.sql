UPDATE headway_job SET blocked = NULL WHERE id IN (
    SELECT id FROM headway_job WHERE blocked IS NOT NULL AND name = :name AND app = :app
    AND blocked = 'unknown_handler' LIMIT :limit
);

UPDATE headway_job SET blocked = iif(ties & 3, 'line', NULL) WHERE id IN (
    SELECT id FROM headway_job WHERE blocked IS NOT NULL AND name = :name AND app = :app
    AND blocked = 'unknown_handler' LIMIT :limit
) RETURNING iif(ties > 0, id, NULL);

UPDATE headway_job SET blocked = iif(ties & 3, 'line', NULL) WHERE id IN (
    SELECT id FROM headway_job WHERE blocked = 'unknown_handler' AND name = :name AND app = :app LIMIT :limit
) RETURNING iif(ties > 0, id, NULL);

UPDATE headway_job SET blocked = 'unknown_handler', front = NULL WHERE id IN (
    SELECT id FROM headway_job WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name
    LIMIT :limit
) RETURNING CASE WHEN lane IS NULL THEN NULL ELSE id END, lane;

UPDATE headway_job SET blocked = CASE WHEN ties & 3 <> 0 THEN 'line' END WHERE id IN (
    SELECT id FROM headway_job WHERE blocked = 'unknown_handler' AND name = :name AND app = :app LIMIT :limit
) RETURNING CASE WHEN ties > 0 THEN id END;

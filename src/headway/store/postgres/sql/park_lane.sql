-- The others of that name on the same named worker would come up one by one, only to be parked too.
UPDATE headway_job SET blocked = 'unknown_handler' WHERE id IN (
    SELECT id FROM headway_job
    WHERE app = :app AND lane = :lane AND (blocked = 'line' OR blocked = 'lane') AND name = :name LIMIT :limit
);

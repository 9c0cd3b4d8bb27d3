UPDATE headway_job SET unique_held = NULL WHERE id IN (
    SELECT id FROM headway_job
    WHERE unique_until IS NOT NULL AND unique_held IS NOT NULL AND unique_until <= :now LIMIT :limit
);

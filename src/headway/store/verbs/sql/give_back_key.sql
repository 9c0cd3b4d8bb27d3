UPDATE headway_job SET unique_held = NULL WHERE id = :id AND unique_held IS NOT NULL AND unique_until IS NULL;

SELECT name FROM headway_schedule WHERE app = :app AND orphaned_at IS NOT NULL AND removed_at IS NULL ORDER BY name;

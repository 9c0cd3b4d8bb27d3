SELECT id FROM headway_job
WHERE app = :app AND unique_held = :key AND CASE WHEN unique_until IS NULL THEN finished_at IS NULL ELSE unique_until > :now END;

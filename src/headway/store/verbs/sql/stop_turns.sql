UPDATE headway_turn SET stop_at = :now, stop_by = :by
WHERE lane = :lane AND (:app IS NULL OR app = :app) AND started_at IS NOT NULL AND stop_at IS NULL;

DELETE FROM headway_start WHERE app = :app AND gate = :gate AND started_at > :now RETURNING starts;

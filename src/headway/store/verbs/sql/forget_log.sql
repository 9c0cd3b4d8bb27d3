DELETE FROM headway_start WHERE app = :app AND gate = :gate;

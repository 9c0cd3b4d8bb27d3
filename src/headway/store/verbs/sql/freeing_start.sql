SELECT started_at FROM headway_start
WHERE app = :app AND gate = :gate AND started_at > :until AND total >= :total ORDER BY started_at LIMIT 1;

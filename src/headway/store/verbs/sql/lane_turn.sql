-- The first run on a named worker that is not stored: since when it runs, and behind which job it came.
SELECT started_at, after_id FROM headway_turn WHERE app = :app AND lane = :lane ORDER BY id LIMIT 1;

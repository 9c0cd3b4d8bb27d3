INSERT INTO headway_queue (app, name, rate_starts, rate_window) VALUES (:app, :name, :starts, :span)
ON CONFLICT (app, name) DO UPDATE SET rate_starts = excluded.rate_starts, rate_window = excluded.rate_window;

INSERT INTO headway_queue (app, name, rate_starts, rate_window, rated_at) VALUES (:app, :name, :starts, :span, :now)
ON CONFLICT (app, name) DO UPDATE SET
    rate_starts = excluded.rate_starts, rate_window = excluded.rate_window, rated_at = excluded.rated_at;

INSERT INTO headway_start (app, gate, started_at, starts, total) VALUES (:app, :gate, :now, :starts, :total)
ON CONFLICT (app, gate, started_at) DO UPDATE SET starts = headway_start.starts + excluded.starts, total = excluded.total;

INSERT INTO headway_queue (app, name, size, sized_at) VALUES (:app, :name, :size, :now)
ON CONFLICT (app, name) DO UPDATE SET size = excluded.size, sized_at = excluded.sized_at;

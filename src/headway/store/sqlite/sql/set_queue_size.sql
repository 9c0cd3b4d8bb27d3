INSERT INTO headway_queue (app, name, size) VALUES (:app, :name, :size)
ON CONFLICT (app, name) DO UPDATE SET size = excluded.size;

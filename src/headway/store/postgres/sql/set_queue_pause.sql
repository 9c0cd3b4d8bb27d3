INSERT INTO headway_queue (app, name, paused_at, paused_by) VALUES (:app, :name, :now, :by)
ON CONFLICT (app, name) DO UPDATE SET paused_at = excluded.paused_at, paused_by = excluded.paused_by
WHERE headway_queue.paused_at IS NULL;

INSERT INTO headway_scheduler (app, paused_at, paused_by) VALUES (:app, :now, :by)
ON CONFLICT DO NOTHING;
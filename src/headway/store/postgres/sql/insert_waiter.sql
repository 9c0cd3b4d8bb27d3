INSERT INTO headway_batch_waiter (app, batch_name, child_id, counted) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING;
INSERT OR IGNORE INTO headway_batch_waiter (app, batch_name, child_id, counted) VALUES (?, ?, ?, ?);

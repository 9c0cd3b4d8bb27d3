INSERT OR IGNORE INTO headway_dependency (parent_id, child_id, counted) VALUES (?, ?, ?);

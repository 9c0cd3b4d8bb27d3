INSERT INTO headway_dependency (parent_id, child_id, counted) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING;
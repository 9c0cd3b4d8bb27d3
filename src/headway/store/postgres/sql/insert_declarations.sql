INSERT INTO headway_declaration (schedule_id, node_id, digest) VALUES (?, ?, ?)
ON CONFLICT (schedule_id, node_id) DO UPDATE SET digest = excluded.digest WHERE headway_declaration.digest <> excluded.digest;

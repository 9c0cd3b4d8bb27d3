INSERT OR IGNORE INTO headway_declaration (schedule_id, node_id) SELECT value, :node_id FROM json_each(:ids);

INSERT OR IGNORE INTO headway_family (parent_id) VALUES (:parent_id);

INSERT INTO headway_family (parent_id) VALUES (:parent_id)
ON CONFLICT DO NOTHING;
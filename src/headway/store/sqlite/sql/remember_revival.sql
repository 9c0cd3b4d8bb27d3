INSERT INTO headway_revival (parent_id, after_id, actor) VALUES (:parent_id, :after_id, :actor)
ON CONFLICT (parent_id) DO UPDATE SET after_id = excluded.after_id, actor = excluded.actor;

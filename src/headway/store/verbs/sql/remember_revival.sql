INSERT INTO headway_revival (parent_id, is_batch, after_id, actor) VALUES (:parent_id, :is_batch, :after_id, :actor)
ON CONFLICT (parent_id, is_batch) DO UPDATE SET after_id = excluded.after_id, actor = excluded.actor;

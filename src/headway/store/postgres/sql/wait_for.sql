-- Changes nothing for one that is waited for already.
INSERT INTO headway_dependency (parent_id, child_id, counted) VALUES (:parent, :child, 1)
ON CONFLICT (parent_id, child_id) DO UPDATE SET counted = 1 WHERE headway_dependency.counted = 0;

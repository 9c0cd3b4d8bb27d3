UPDATE headway_dependency SET counted = 0
WHERE parent_id = :parent_id AND child_id IN (SELECT value FROM json_each(:ids));

UPDATE headway_user SET password = coalesce(:password, password), permissions = :permissions, changed_at = :now
WHERE name = :name AND (:password IS NOT NULL OR permissions <> :permissions);

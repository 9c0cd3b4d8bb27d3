INSERT INTO headway_user (name, password, permissions, created_at, changed_at, tenant)
VALUES (:name, :password, :permissions, :now, :now, :tenant);

SELECT name, password, permissions, created_at, changed_at, disabled_at, tenant FROM headway_user WHERE name = :name;

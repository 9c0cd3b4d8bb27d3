SELECT name, password, permissions, created_at, changed_at, disabled_at FROM headway_user ORDER BY name;

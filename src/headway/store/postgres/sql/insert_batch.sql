INSERT INTO headway_batch (app, name, parent, expected, created_at, created_by, on_finish, on_success, tenant)
VALUES (:app, :name, :parent, :expected, :now, :created_by, :on_finish, :on_success, :tenant)
RETURNING id;

INSERT INTO headway_token (name, kind, digest, permissions, apps, created_at, created_by, expires_at, tenant)
VALUES (:name, :kind, :digest, :permissions, :apps, :now, :by, :expires, :tenant);

SELECT name, kind, digest, permissions, apps, created_at, created_by, expires_at, revoked_at, seen_at, tenant
FROM headway_token ORDER BY name;

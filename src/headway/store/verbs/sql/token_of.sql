SELECT name, kind, digest, permissions, apps, created_at, created_by, expires_at, revoked_at, seen_at, tenant
FROM headway_token
WHERE digest = :digest AND kind = 'bearer' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now);

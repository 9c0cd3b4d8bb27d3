UPDATE headway_token SET seen_at = :now
WHERE digest = :digest AND kind = 'link' AND seen_at IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
RETURNING name, kind, digest, permissions, apps, created_at, created_by, expires_at, revoked_at, seen_at, tenant;

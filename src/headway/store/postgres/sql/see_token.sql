UPDATE headway_token SET seen_at = greatest(coalesce(seen_at, 0), :now)
WHERE digest = :digest AND kind = 'bearer' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now);

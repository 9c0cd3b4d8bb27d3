UPDATE headway_token SET revoked_at = :now
WHERE name = :name AND revoked_at IS NULL AND coalesce(expires_at > :now, true) AND NOT (kind = 'link' AND seen_at IS NOT NULL);

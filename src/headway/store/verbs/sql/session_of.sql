-- One with permissions of its own needs no user, but none who was disabled meanwhile.
SELECT s.digest, s.user_name, coalesce(s.permissions, u.permissions), s.created_at, s.seen_at, s.expires_at,
    coalesce(s.tenant, u.tenant)
FROM headway_session AS s LEFT JOIN headway_user AS u ON u.name = s.user_name
WHERE s.digest = :digest AND s.expires_at > :now AND u.disabled_at IS NULL AND coalesce(s.permissions, u.permissions) IS NOT NULL;

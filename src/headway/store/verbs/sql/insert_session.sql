INSERT INTO headway_session (digest, user_name, permissions, created_at, seen_at, expires_at, tenant)
VALUES (:digest, :user, :permissions, :now, :now, :expires, :tenant);

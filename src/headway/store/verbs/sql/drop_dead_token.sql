-- A name is free again once its token opens nothing any more: revoked, over, or a link that was used.
DELETE FROM headway_token WHERE name = :name AND (revoked_at IS NOT NULL OR expires_at <= :now OR (kind = 'link' AND seen_at IS NOT NULL));

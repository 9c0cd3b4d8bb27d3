-- Keys that have more room now.
UPDATE headway_key SET opens_at = NULL WHERE (app, key) IN (
    SELECT app, key FROM headway_key WHERE opens_at IS NOT NULL AND opens_at <= :now ORDER BY opens_at LIMIT :limit
) RETURNING app, key;

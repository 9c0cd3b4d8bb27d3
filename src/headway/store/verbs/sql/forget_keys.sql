-- Keys of which nothing is to be remembered any more.
DELETE FROM headway_key WHERE (app, key) IN (
    SELECT app, key FROM headway_key WHERE forget_at <= :now AND opens_at IS NULL ORDER BY forget_at LIMIT :limit
) RETURNING app, key;

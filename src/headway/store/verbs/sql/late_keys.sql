-- No key opens later than a span from now, unless the clock was set back.
UPDATE headway_key SET opens_at = NULL WHERE (app, key) IN (
    SELECT app, key FROM headway_key WHERE opens_at IS NOT NULL AND opens_at > :now + span LIMIT :limit
) RETURNING app, key;

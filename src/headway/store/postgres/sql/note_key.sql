-- When the line of this key is to be looked at again; written only where it changes.
INSERT INTO headway_key (app, key, span, opens_at, forget_at) VALUES (:app, :key, :span, :opens_at, :now + :span)
ON CONFLICT (app, key) DO UPDATE SET span = greatest(headway_key.span, excluded.span), opens_at = excluded.opens_at
WHERE headway_key.span < excluded.span OR headway_key.opens_at IS DISTINCT FROM excluded.opens_at;

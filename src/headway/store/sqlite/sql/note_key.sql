-- When the line of this key is to be looked at again; written only where it changes.
INSERT INTO headway_key (app, key, span, opens_at, forget_at) VALUES (:app, :key, :span, :opens_at, :now + :span)
ON CONFLICT (app, key) DO UPDATE SET span = max(span, excluded.span), opens_at = excluded.opens_at
WHERE span < excluded.span OR opens_at IS NOT excluded.opens_at;

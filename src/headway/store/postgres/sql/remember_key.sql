-- Jobs of this key start: how long its starts are to be remembered.
INSERT INTO headway_key (app, key, span, forget_at) VALUES (:app, :key, :span, :now + :span)
ON CONFLICT (app, key) DO UPDATE SET span = greatest(headway_key.span, excluded.span),
    forget_at = :now + greatest(headway_key.span, excluded.span)
RETURNING span;

-- In the same transaction as the change: the file is never sealed over something else. The moment only grows, so it also numbers the changes.
INSERT INTO headway_seal (id, changed_at) VALUES (1, :now)
ON CONFLICT (id) DO UPDATE SET
    changed_at = max(changed_at + 1, excluded.changed_at), jobs = NULL, digest = NULL, sealed_at = NULL;

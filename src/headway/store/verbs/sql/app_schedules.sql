-- What a registration is compared with.
SELECT name, id, managed, digest, removed_at IS NOT NULL, orphaned_at IS NOT NULL, error IS NOT NULL
FROM headway_schedule WHERE app = :app;

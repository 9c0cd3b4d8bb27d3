-- All but the newest of those that do not count any more: it has their total.
DELETE FROM headway_start WHERE app = :app AND gate = :gate AND started_at < (
    SELECT max(started_at) FROM headway_start WHERE app = :app AND gate = :gate AND started_at <= :until
);

-- The latest start, all starts so far, and how many of them are not remembered or were up to a moment. Three seeks.
SELECT started_at, total, coalesce(
    (SELECT total FROM headway_start WHERE app = :app AND gate = :gate AND started_at <= :until ORDER BY started_at DESC LIMIT 1),
    (SELECT total - starts FROM headway_start WHERE app = :app AND gate = :gate ORDER BY started_at LIMIT 1)
)
FROM headway_start WHERE app = :app AND gate = :gate ORDER BY started_at DESC LIMIT 1;

-- What a turn must know, in one look: most turns find nothing to stage, to expire or to stop, and no gate. (The first that expires
-- is compared when it is found: a server that plans for no value in particular takes a comparison in there for a third of all.)
SELECT state, app, lease_boot, boot_id,
    (SELECT value FROM headway_setting WHERE name = 'held'),
    (SELECT due_at FROM headway_job WHERE state = 'scheduled' ORDER BY due_at LIMIT 1),
    (
        SELECT expires_at FROM headway_job WHERE expires_at IS NOT NULL AND finished_at IS NULL
        AND state IN ('queued', 'scheduled', 'waiting') ORDER BY expires_at LIMIT 1
    ) <= :now,
    EXISTS (SELECT 1 FROM headway_job WHERE state = 'running' AND node_id = :id AND cancel_at > 0),
    EXISTS (SELECT 1 FROM headway_queue AS q WHERE q.app = n.app),
    limits,
    (SELECT opens_at FROM headway_key WHERE opens_at IS NOT NULL ORDER BY opens_at LIMIT 1),
    (SELECT number FROM headway_outbox ORDER BY number LIMIT 1) IS NOT NULL
FROM headway_node AS n WHERE id = :id;

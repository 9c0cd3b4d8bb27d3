-- What there is to do, in one look for a worker at rest: a verb that finds nothing here would find nothing itself. (Who
-- reads jobs says in which order, or the server would read other indexes, or all, where it knows nothing of the table yet.)
SELECT t.now,
    (SELECT id FROM headway_job WHERE app = :app AND state = 'queued' AND blocked IS NULL ORDER BY queue, name LIMIT 1) IS NOT NULL
    OR (SELECT number FROM headway_outbox ORDER BY number LIMIT 1) IS NOT NULL,
    least(
        (SELECT due_at FROM headway_job WHERE state = 'scheduled' ORDER BY due_at LIMIT 1),
        (SELECT opens_at FROM headway_key WHERE opens_at IS NOT NULL ORDER BY opens_at LIMIT 1)
    ),
    (SELECT number FROM headway_outbox ORDER BY number LIMIT 1) IS NOT NULL
    OR EXISTS (SELECT 1 FROM headway_family)
    OR EXISTS (SELECT 1 FROM headway_revival)
    OR EXISTS (SELECT 1 FROM headway_batch WHERE cancel_next IS NOT NULL)
    OR EXISTS (SELECT 1 FROM headway_batch WHERE telling = 1)
    OR EXISTS (SELECT 1 FROM headway_job WHERE blocked = 'unknown_handler')
    OR (
        SELECT id FROM headway_job WHERE expires_at IS NOT NULL AND finished_at IS NULL AND expires_at <= t.now
        AND state IN ('queued', 'scheduled', 'waiting') ORDER BY expires_at LIMIT 1
    ) IS NOT NULL
    OR (
        SELECT id FROM headway_job WHERE unique_until IS NOT NULL AND unique_held IS NOT NULL AND unique_until <= t.now
        ORDER BY unique_until LIMIT 1
    ) IS NOT NULL
    OR EXISTS (
        SELECT 1 FROM headway_tick WHERE fleeting = 1 AND job_id IS NOT NULL AND ended_at IS NOT NULL AND ended_at < t.now - :kept
    ),
    EXISTS (
        SELECT 1 FROM headway_node
        WHERE state IN ('active', 'draining') AND (boot_id <> :boot_id OR lease_boot < coalesce(:boot_now, t.now))
    )
    OR NOT EXISTS (
        SELECT 1 FROM headway_setting WHERE name = 'sweep' AND value::json ->> 0 = :boot_id
        AND (value::json ->> 1)::bigint <= coalesce(:boot_now, t.now)
        AND (value::json ->> 1)::bigint >= coalesce(:boot_now, t.now) - :silence
    ),
    (
        SELECT id FROM headway_job WHERE archived = 0 AND pruned = 0 AND finished_at < t.now - :lag AND finished_at >= coalesce(
            (SELECT (value::json ->> 'until_us')::bigint FROM headway_setting WHERE name = 'figures'), 0
        )
        ORDER BY finished_at LIMIT 1
    ) IS NOT NULL,
    (
        SELECT finished_at FROM headway_job WHERE finished_at IS NOT NULL AND archived = 0 AND pruned = 0
        ORDER BY finished_at LIMIT 1
    ),
    EXISTS (SELECT 1 FROM headway_scheduler WHERE app = :app) OR EXISTS (SELECT 1 FROM headway_setting WHERE name = 'held'),
    (SELECT next_at FROM headway_schedule WHERE app = :app AND next_at IS NOT NULL ORDER BY next_at LIMIT 1),
    coalesce((
        SELECT judged_at FROM headway_schedule WHERE app = :app AND next_at IS NOT NULL ORDER BY judged_at DESC LIMIT 1
    ) > t.now + :step_back, false)
FROM (SELECT coalesce(:now, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now OFFSET 0) AS t;

SELECT j.id FROM headway_job AS j
WHERE j.state = 'queued' AND j.blocked IS NULL AND j.ties & 3 <> 0 AND (
    j.lane IS NOT NULL AND (
        EXISTS (
            SELECT 1 FROM headway_job AS o WHERE o.app = j.app AND o.lane = j.lane AND o.finished_at IS NULL
            AND (o.state = 'running' OR (
                o.state = 'queued' AND o.id < j.id AND (o.blocked IS NULL OR o.blocked = 'line' OR o.blocked = 'lane')
            ))
        ) OR EXISTS (
            SELECT 1 FROM headway_turn AS t
            WHERE t.app = j.app AND t.lane = j.lane AND (t.started_at IS NOT NULL OR t.after_id < j.id)
        )
    ) OR j.key IS NOT NULL AND j.key_terms % 1024 <= (
        SELECT count(*) FROM headway_job AS o
        WHERE o.app = j.app AND o.key = j.key AND o.state = 'running' AND o.finished_at IS NULL
    )
) LIMIT :limit;

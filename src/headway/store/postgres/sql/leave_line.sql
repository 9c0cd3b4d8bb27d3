-- They lined up for their key when they were first on their named worker; those that are not any more go back to that line.
UPDATE headway_job AS j SET blocked = 'lane'
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND j.state = 'queued' AND j.blocked = 'line' AND (
    EXISTS (
        SELECT 1 FROM headway_job AS o
        WHERE o.app = j.app AND o.lane = j.lane AND o.front = 1 AND o.state = 'running'
    ) OR EXISTS (
        SELECT 1 FROM headway_job AS o
        WHERE o.app = j.app AND o.lane = j.lane AND o.front = 1 AND o.state = 'queued' AND o.id < j.id
    ) OR EXISTS (
        SELECT 1 FROM headway_job AS o
        WHERE o.app = j.app AND o.lane = j.lane AND (o.blocked = 'line' OR o.blocked = 'lane') AND o.id < j.id
    ) OR EXISTS (
        SELECT 1 FROM headway_turn AS t
        WHERE t.app = j.app AND t.lane = j.lane AND (t.started_at IS NOT NULL OR t.after_id < j.id)
    )
) RETURNING app, key;

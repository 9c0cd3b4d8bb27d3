-- How these named workers stand, in one row of JSON: the columns of headway.model.line.Lane. Seeks only.
WITH asked(app, lane) AS MATERIALIZED (SELECT e.value ->> 0, e.value ->> 1 FROM jsonb_array_elements(:lanes::jsonb) AS e(value))
SELECT coalesce(json_agg(json_build_array(a.app, a.lane, (EXISTS (SELECT 1 FROM headway_job WHERE app = a.app AND lane = a.lane AND front = 1 AND state = 'running'))::int, (SELECT id FROM headway_job WHERE app = a.app AND lane = a.lane AND front = 1 AND state = 'queued' LIMIT 1), w.id, t.id, t.after_id, (t.started_at IS NOT NULL)::int, w.key)), '[]')::text
FROM asked AS a LEFT JOIN headway_job AS w ON w.app = a.app AND w.lane = a.lane
    AND (w.blocked = 'line' OR w.blocked = 'lane') AND w.id = (
    SELECT id FROM headway_job WHERE app = a.app AND lane = a.lane AND (blocked = 'line' OR blocked = 'lane')
    ORDER BY id LIMIT 1
) LEFT JOIN headway_turn AS t ON t.id = (
    SELECT id FROM headway_turn WHERE app = a.app AND lane = a.lane ORDER BY id LIMIT 1
);

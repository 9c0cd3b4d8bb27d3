-- How these named workers stand, in one row of JSON: the columns of headway.model.line.Lane. Seeks only.
WITH asked(app, lane) AS MATERIALIZED (SELECT e.value ->> 0, e.value ->> 1 FROM json_each(:lanes) AS e)
SELECT json_group_array(json_array(
    a.app, a.lane,
    EXISTS (SELECT 1 FROM headway_job WHERE app = a.app AND lane = a.lane AND state = 'running' AND blocked IS NULL),
    (SELECT id FROM headway_job WHERE app = a.app AND lane = a.lane AND state = 'queued' AND blocked IS NULL LIMIT 1),
    (
        SELECT id FROM headway_job WHERE app = a.app AND lane = a.lane AND (blocked = 'line' OR blocked = 'lane')
        ORDER BY id LIMIT 1
    ),
    t.id, t.after_id, t.started_at IS NOT NULL
))
FROM asked AS a LEFT JOIN headway_turn AS t ON t.id = (
    SELECT id FROM headway_turn WHERE app = a.app AND lane = a.lane ORDER BY id LIMIT 1
);

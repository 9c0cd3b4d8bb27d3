-- A clock that was set back: what it started in its future counts as started now, so that it is forgotten some day.
INSERT INTO headway_start (app, gate, started_at, starts, total, pulled)
SELECT app, gate, :now, sum(starts), max(total), 1 FROM headway_start
WHERE started_at > :now GROUP BY app, gate
ON CONFLICT (app, gate, started_at) DO UPDATE
SET starts = headway_start.starts + excluded.starts, total = excluded.total, pulled = 1;

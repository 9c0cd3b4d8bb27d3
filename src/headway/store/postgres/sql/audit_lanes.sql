SELECT min(id) FROM (
    SELECT id, app, lane FROM headway_job WHERE lane IS NOT NULL AND finished_at IS NULL AND state = 'running'
    UNION ALL
    SELECT NULL, app, lane FROM headway_turn WHERE started_at IS NOT NULL
) AS t1 GROUP BY app, lane HAVING count(*) > 1 LIMIT :limit;

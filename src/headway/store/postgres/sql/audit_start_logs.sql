SELECT NULL FROM (
    SELECT starts, total, lag(total) OVER (PARTITION BY app, gate ORDER BY started_at) AS before FROM headway_start
) AS t1 WHERE total - starts <> before LIMIT :limit;

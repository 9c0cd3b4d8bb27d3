-- Those of these jobs that are counted by month.
SELECT app, strftime('%Y-%m', created_at / 1000000, 'unixepoch'), state, count(*) FROM headway_job
WHERE id IN (SELECT value FROM json_each(:ids))
AND finished_at < (SELECT value ->> 'months_us' FROM headway_setting WHERE name = 'figures')
GROUP BY 1, 2, 3;

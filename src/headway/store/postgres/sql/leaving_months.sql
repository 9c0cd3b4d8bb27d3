-- Those of these jobs that are counted by month.
SELECT app, to_char(to_timestamp(created_at / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM'), state, count(*) FROM headway_job
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
AND finished_at < (SELECT (value::jsonb ->> 'months_us')::bigint FROM headway_setting WHERE name = 'figures')
GROUP BY 1, 2, 3;

-- After a failover epochs have jumped: what is beyond the first jump can only be compared, not counted.
SELECT j.id FROM (
    SELECT a.id, a.epoch, (a.state = 'running')::int + (
        SELECT count(*) FROM headway_attempt AS t WHERE t.job_id = a.id
    ) AS grants FROM headway_job AS a WHERE a.archived = 0
) AS j
LEFT JOIN headway_setting AS s ON s.name = 'history'
WHERE CASE WHEN j.epoch > coalesce(nullif((s.value::jsonb ->> 2)::bigint, 0), j.epoch) THEN j.epoch < j.grants ELSE j.epoch <> j.grants END
LIMIT :limit;

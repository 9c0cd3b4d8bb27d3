-- A store that comes from a server may have epochs that jumped, by a hundred thousand or more: beyond that they are compared, not counted.
SELECT j.id FROM (
    SELECT a.id, a.epoch, (a.state = 'running') + (
        SELECT count(*) FROM headway_attempt AS t WHERE t.job_id = a.id
    ) AS grants FROM headway_job AS a WHERE a.archived = 0
) AS j
WHERE CASE WHEN j.epoch > 100000 THEN j.epoch < j.grants ELSE j.epoch <> j.grants END LIMIT :limit;

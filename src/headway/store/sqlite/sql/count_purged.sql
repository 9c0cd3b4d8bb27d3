UPDATE headway_batch SET purged = purged + m.jobs
FROM (
    SELECT j.batch, count(*) AS jobs FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
    WHERE j.batch IS NOT NULL GROUP BY j.batch
) AS m
WHERE headway_batch.id = m.batch;

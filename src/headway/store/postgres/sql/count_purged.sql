UPDATE headway_batch SET purged = purged + m.jobs
FROM (
    SELECT j.batch, count(*) AS jobs FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value
    WHERE j.batch IS NOT NULL GROUP BY j.batch
) AS m
WHERE headway_batch.id = m.batch;

UPDATE headway_batch SET purged = purged + m.jobs
FROM (
    SELECT j.batch, count(*) AS jobs FROM headway_job AS j
    WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
    AND j.batch IS NOT NULL GROUP BY j.batch
) AS m
WHERE headway_batch.id = m.batch;

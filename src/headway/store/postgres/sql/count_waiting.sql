-- How many wait for other jobs or batches; found by what they wait for.
SELECT count(*) FROM (
    SELECT child_id FROM headway_dependency WHERE counted = 1
    UNION
    SELECT child_id FROM headway_batch_waiter WHERE counted = 1
) AS w JOIN headway_job AS j ON j.id = w.child_id
WHERE j.state = 'waiting' AND (:app IS NULL OR j.app = :app);

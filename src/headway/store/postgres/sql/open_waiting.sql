-- Who waits has something that is still to be told to it.
SELECT j.id FROM (
    SELECT child_id FROM headway_dependency WHERE counted = 1
    UNION
    SELECT child_id FROM headway_batch_waiter WHERE counted = 1
) AS w JOIN headway_job AS j ON j.id = w.child_id
WHERE j.state = 'waiting' LIMIT :limit;

-- Who waits has something that is still to be told to it.
SELECT j.id FROM (
    SELECT child_id FROM headway_dependency INDEXED BY headway_dependency_counted WHERE counted = 1
    UNION
    SELECT child_id FROM headway_batch_waiter INDEXED BY headway_batch_waiter_counted WHERE counted = 1
) AS w CROSS JOIN headway_job AS j ON j.id = w.child_id
WHERE j.state = 'waiting' LIMIT :limit;

-- The handlers of those that have not ended, found by the small indexes of those.
SELECT name FROM headway_job
WHERE state = 'queued' AND blocked IS NULL AND (:app IS NULL OR app = :app) GROUP BY app, queue, name
UNION
SELECT name FROM headway_job
WHERE lane IS NOT NULL AND (blocked = 'line' OR blocked = 'lane') AND (:app IS NULL OR app = :app)
UNION
SELECT name FROM headway_job
WHERE key IS NOT NULL AND blocked = 'line' AND (:app IS NULL OR app = :app)
UNION
SELECT name FROM headway_job
WHERE blocked = 'unknown_handler' AND (:app IS NULL OR app = :app)
UNION
SELECT DISTINCT name FROM headway_job
WHERE state = 'scheduled' AND (:app IS NULL OR app = :app)
UNION
SELECT name FROM headway_job WHERE state = 'running' AND (:app IS NULL OR app = :app)
UNION
SELECT j.name FROM (
    SELECT child_id FROM headway_dependency WHERE counted = 1
    UNION
    SELECT child_id FROM headway_batch_waiter WHERE counted = 1
) AS w JOIN headway_job AS j ON j.id = w.child_id
WHERE j.state = 'waiting' AND (:app IS NULL OR j.app = :app)
ORDER BY name;

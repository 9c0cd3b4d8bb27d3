SELECT queue, sum(state = 'queued'), sum(state = 'scheduled'), sum(state = 'waiting'), sum(state = 'running'),
    min(iif(state = 'queued', due_at, NULL))
FROM headway_job
WHERE state IN ('queued', 'scheduled', 'waiting', 'running') AND (:app IS NULL OR app = :app)
GROUP BY queue ORDER BY queue;

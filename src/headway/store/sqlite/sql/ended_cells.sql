-- What ended in a span of time, one row for each step of it, handler, queue and way, with how long each job ran and waited. A job
-- with a callback ran as long as its own attempt did.
SELECT app, name, queue, state, finished_at / :step_us * :step_us, count(*), sum(id), min(created_at), max(created_at),
    json_group_array(run) FILTER (WHERE run >= 0), json_group_array(wait) FILTER (WHERE wait >= 0)
FROM (
    SELECT j.id, j.app, j.name, j.queue, j.state, j.finished_at, j.created_at,
        iif(j.state = 'completed', iif(j.ties & :callback,
            (SELECT a.finished_at - a.started_at FROM headway_attempt AS a WHERE a.job_id = j.id AND a.epoch = j.epoch),
            j.finished_at - j.started_at), NULL) AS run,
        iif(j.state IN ('completed', 'failed'), j.started_at - j.due_at, NULL) AS wait
    FROM headway_job AS j INDEXED BY headway_job_ended
    WHERE j.archived IN (0, 1) AND j.pruned IN (0, 1, 2) AND j.finished_at >= :from AND j.finished_at < :until
    AND (:app IS NULL OR j.app = :app)
)
GROUP BY 1, 2, 3, 4, 5;

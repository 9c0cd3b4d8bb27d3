-- What ended in a span of time, one row for each step of it, handler, queue and way, with how long each job ran and waited. A job
-- with a callback ran as long as its own attempt did.
SELECT app, name, queue, state, finished_at / :step_us * :step_us, count(*), sum(id), min(created_at), max(created_at),
    coalesce(json_agg(run) FILTER (WHERE run >= 0), '[]')::text, coalesce(json_agg(wait) FILTER (WHERE wait >= 0), '[]')::text
FROM (
    SELECT j.id, j.app, j.name, j.queue, j.state, j.finished_at, j.created_at,
        CASE WHEN j.state = 'completed' THEN CASE WHEN j.ties & :callback <> 0 THEN
            (SELECT a.finished_at - a.started_at FROM headway_attempt AS a WHERE a.job_id = j.id AND a.epoch = j.epoch)
            ELSE j.finished_at - j.started_at END END AS run,
        CASE WHEN j.state IN ('completed', 'failed') THEN j.started_at - j.due_at END AS wait
    FROM headway_job AS j
    WHERE j.archived IN (0, 1) AND j.pruned IN (0, 1, 2) AND j.finished_at >= :from AND j.finished_at < :until
    AND (:app IS NULL OR j.app = :app)
) AS ended
GROUP BY 1, 2, 3, 4, 5;

-- The newest failed jobs by handler and code, and those of other apps in one group without a name; beside the one
-- max(), the columns without a function are those of the newest.
SELECT iif(:app IS NULL OR app = :app, name, NULL), iif(:app IS NULL OR app = :app, code, NULL),
    count(*), max(id), finished_at, reason
FROM (
    SELECT id, app, name, code, finished_at, reason FROM headway_job INDEXED BY headway_job_bad
    WHERE state = 'failed' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT :limit
)
GROUP BY 1, 2 ORDER BY 3 DESC, 4 DESC;

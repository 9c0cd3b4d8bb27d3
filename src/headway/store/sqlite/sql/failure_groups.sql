-- The newest failed jobs by handler and code, and those of other apps in one group without a name; beside the one
-- max(), the column without a function is that of the newest. All but its reason stands in the index.
SELECT g.name, g.code, g.jobs, g.newest, g.finished_at, j.reason
FROM (
    SELECT iif(:app IS NULL OR app = :app, name, NULL) AS name, iif(:app IS NULL OR app = :app, code, NULL) AS code,
        count(*) AS jobs, max(id) AS newest, finished_at
    FROM (
        SELECT id, app, name, code, finished_at FROM headway_job INDEXED BY headway_job_bad
        WHERE state = 'failed' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT :limit
    )
    GROUP BY 1, 2
) AS g CROSS JOIN headway_job AS j ON j.id = g.newest
ORDER BY g.jobs DESC, g.newest DESC;

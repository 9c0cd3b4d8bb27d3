-- The newest failed jobs by handler and code, and those of other apps in one group without a name. All but its reason stands
-- in the index.
SELECT g.name, g.code, g.jobs, g.newest, j.finished_at, j.reason
FROM (
    SELECT CASE WHEN :app IS NULL OR app = :app THEN name END AS name,
        CASE WHEN :app IS NULL OR app = :app THEN code END AS code, count(*) AS jobs, max(id) AS newest
    FROM (
        SELECT id, app, name, code FROM headway_job
        WHERE state = 'failed' AND finished_at IS NOT NULL ORDER BY id DESC LIMIT :limit
    ) AS failed
    GROUP BY 1, 2
) AS g JOIN headway_job AS j ON j.id = g.newest
ORDER BY g.jobs DESC, g.newest DESC;

-- The newest failed jobs by handler and code; with max(), the columns without a function are those of the newest.
SELECT name, code, count(*), max(id), finished_at, reason, min(id) FROM (
    SELECT id, name, code, finished_at, reason FROM headway_job INDEXED BY headway_job_bad
    WHERE state = 'failed' AND finished_at IS NOT NULL AND id > :floor AND (:app IS NULL OR app = :app)
    ORDER BY id DESC LIMIT :limit
)
GROUP BY name, code ORDER BY 3 DESC, 4 DESC;

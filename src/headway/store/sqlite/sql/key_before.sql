-- Who goes first in the line of a key, if it is not this job: the first of those that are ready, or of those that wait.
SELECT id FROM (
    SELECT id, priority, due_at FROM headway_job INDEXED BY headway_job_key
    WHERE app = :app AND key = :key AND front = 1 AND state = 'queued' AND queue = :queue AND name = :name
    AND key_limit = :key_limit
    UNION ALL
    SELECT * FROM (
        SELECT id, priority, due_at FROM headway_job INDEXED BY headway_job_key_line
        WHERE app = :app AND key = :key AND blocked = 'line' AND queue = :queue AND name = :name
        AND key_limit = :key_limit ORDER BY priority DESC, due_at, id LIMIT 1
    )
)
WHERE priority > :priority OR (priority = :priority AND (due_at < :due OR (due_at = :due AND id < :id)))
ORDER BY priority DESC, due_at, id LIMIT 1;

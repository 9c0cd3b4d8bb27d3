SELECT id FROM (
    SELECT id, priority, due_at FROM headway_job INDEXED BY headway_job_key
    WHERE app = :app AND key = :key AND state = 'queued' AND blocked IS NULL AND queue = :queue AND name = :name
    AND (priority > :priority OR (priority = :priority AND (due_at < :due OR (due_at = :due AND id < :id))))
    UNION ALL
    SELECT id, priority, due_at FROM headway_job
    WHERE app = :app AND key = :key AND blocked = 'line' AND queue = :queue AND name = :name
    AND (priority > :priority OR (priority = :priority AND (due_at < :due OR (due_at = :due AND id < :id))))
) ORDER BY priority DESC, due_at, id LIMIT 1;

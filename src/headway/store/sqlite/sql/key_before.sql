SELECT id FROM headway_job
WHERE app = :app AND key = :key AND state = 'queued' AND queue = :queue AND name = :name AND finished_at IS NULL
AND (blocked IS NULL OR blocked <> 'unknown_handler')
AND (priority > :priority OR (priority = :priority AND (due_at < :due OR (due_at = :due AND id < :id))))
ORDER BY priority DESC, due_at, id LIMIT 1;

-- || '': as in held_jobs.
UPDATE headway_job
SET state = :state, due_at = coalesce(:due_at, due_at), finished_at = :finished_at, tries = :tries, crashes = :crashes,
    suspect = :suspect, code = :code, reason = :reason, cancel_at = :cancel_at, cancel_by = :cancel_by,
    blocked = CASE WHEN :state = 'queued' AND ties & 3 <> 0 THEN 'line' END
WHERE id = :id AND epoch = :epoch AND state || '' = 'running';

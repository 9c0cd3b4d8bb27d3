UPDATE headway_job
SET state = :state, due_at = :due_at, finished_at = NULL, expires_at = NULL, tries = 0, crashes = 0, suspect = :suspect,
    code = NULL, reason = NULL, cancel_at = NULL, cancel_by = NULL, parents_left = :parents_left,
    outcomes = :outcomes, archived = 0, pruned = 0, blocked = CASE WHEN :state = 'queued' AND ties & 3 <> 0 THEN 'line' END,
    unique_held = CASE WHEN unique_until IS NULL THEN unique_key ELSE unique_held END
WHERE id = :id AND state IN ('failed', 'cancelled', 'skipped');

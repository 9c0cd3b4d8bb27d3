SELECT id, epoch, cancel_at, cancel_by, interrupt_fails, suspect, started_at, has_dependants, due_at, tries, crashes
FROM headway_job WHERE state = 'running' AND node_id = :node_id ORDER BY id;

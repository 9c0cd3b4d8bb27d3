SELECT j.id, j.epoch, j.cancel_at, j.cancel_by, j.interrupt_fails, j.suspect, j.started_at, j.has_dependants, j.due_at,
    j.tries, j.crashes,
    EXISTS (SELECT 1 FROM headway_attempt AS a WHERE a.job_id = j.id AND a.kind = 'suspect')
FROM headway_job AS j WHERE j.state = 'running' AND j.node_id = :node_id ORDER BY j.id;

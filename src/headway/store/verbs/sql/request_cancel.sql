UPDATE headway_job SET cancel_at = :now, cancel_by = :by
WHERE id = :id AND state = 'running' AND cancel_at IS NULL;

SELECT id, epoch, cancel_by FROM headway_job
WHERE state = 'running' AND cancel_at IS NOT NULL AND node_id = :node_id;

SELECT id, epoch, cancel_by FROM headway_job
WHERE state = 'running' AND node_id = :node_id AND cancel_at > 0;

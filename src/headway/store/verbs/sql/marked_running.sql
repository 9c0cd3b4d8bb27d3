SELECT j.id, j.epoch, j.started_at, j.tries, j.crashes, d.result FROM headway_done AS d JOIN headway_job AS j ON j.id = d.job_id
WHERE j.state = 'running' AND j.node_id = :node_id ORDER BY j.id;

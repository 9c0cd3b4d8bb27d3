-- A process that only has runs of its own on named workers is a node too, but no worker.
SELECT n.id, n.uid, n.app, n.host, n.pid, n.version, n.state, n.started_at, n.seen_at, n.queues, n.names, n.concurrency,
    (SELECT count(*) FROM headway_job AS j WHERE j.state = 'running' AND j.node_id = n.id)
FROM headway_node AS n WHERE n.concurrency > 0 AND (:app IS NULL OR n.app = :app) AND (n.state IN ('active', 'draining') OR n.seen_at > :since)
ORDER BY n.id DESC;

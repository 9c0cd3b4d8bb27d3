INSERT INTO headway_attempt (job_id, epoch, node_id, started_at, finished_at, kind, code, reason, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id, epoch) DO NOTHING;

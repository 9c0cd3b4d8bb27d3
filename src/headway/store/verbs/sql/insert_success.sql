-- The attempt that completed a job, and had nothing else to say.
INSERT INTO headway_attempt (job_id, epoch, node_id, started_at, finished_at, kind) VALUES (?, ?, ?, ?, ?, 'returned');

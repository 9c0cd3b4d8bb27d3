INSERT INTO headway_attempt (job_id, epoch, node_id, started_at, finished_at, kind)
SELECT value ->> 0, value ->> 1, :node_id, value ->> 2, value ->> 3, 'returned' FROM json_each(:attempts);

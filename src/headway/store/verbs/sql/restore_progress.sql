INSERT INTO headway_progress (job_id, fraction, message, status, stats, last_line)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING;

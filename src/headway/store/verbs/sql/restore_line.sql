INSERT INTO headway_line (job_id, number, epoch, logged_at, level, body)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (job_id, number) DO NOTHING;

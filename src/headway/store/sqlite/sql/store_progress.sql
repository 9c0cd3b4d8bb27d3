INSERT INTO headway_progress (job_id, fraction, message, status, stats, last_line)
VALUES (:id, :fraction, :message, :status, :stats, :last_line)
ON CONFLICT (job_id) DO UPDATE SET
    fraction = coalesce(excluded.fraction, fraction),
    message = coalesce(excluded.message, message),
    status = coalesce(excluded.status, status),
    stats = coalesce(excluded.stats, stats),
    last_line = excluded.last_line;

INSERT INTO headway_progress (job_id, fraction, message, status, stats, last_line)
VALUES (:id, :fraction, :message, :status, :stats, :last_line)
ON CONFLICT (job_id) DO UPDATE SET
    fraction = coalesce(excluded.fraction, headway_progress.fraction),
    message = coalesce(excluded.message, headway_progress.message),
    status = coalesce(excluded.status, headway_progress.status),
    stats = coalesce(excluded.stats, headway_progress.stats),
    last_line = excluded.last_line;

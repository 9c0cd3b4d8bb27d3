UPDATE headway_job
SET state = 'executed', finished_at = NULL, code = NULL, reason = NULL, cancel_at = NULL, cancel_by = NULL,
    unique_held = iif(unique_until IS NULL, unique_key, unique_held)
WHERE id = :id AND state = 'failed' AND code = 'callback_failed';

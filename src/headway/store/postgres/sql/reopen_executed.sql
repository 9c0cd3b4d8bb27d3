UPDATE headway_job
SET state = 'executed', finished_at = NULL, code = NULL, reason = NULL, cancel_at = NULL, cancel_by = NULL,
    unique_held = CASE WHEN unique_until IS NULL THEN unique_key ELSE unique_held END
WHERE id = :id AND state = 'failed' AND code = 'callback_failed';

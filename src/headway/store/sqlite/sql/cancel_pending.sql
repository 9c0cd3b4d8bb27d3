UPDATE headway_job
SET state = 'cancelled', finished_at = :now, code = :code, reason = :reason, cancel_at = :cancel_at,
    cancel_by = :cancel_by, blocked = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state IN ('queued', 'scheduled', 'waiting');

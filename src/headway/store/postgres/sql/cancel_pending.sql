UPDATE headway_job
SET state = 'cancelled', finished_at = :now, code = :code, reason = :reason, cancel_at = :cancel_at,
    cancel_by = :cancel_by, blocked = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state IN ('queued', 'scheduled', 'waiting');

UPDATE headway_job SET state = 'cancelled', finished_at = :now, code = 'parent_failed', reason = :reason
WHERE id = :id AND state = 'waiting';

UPDATE headway_job
SET state = 'skipped', finished_at = :now, code = 'condition_unmet', reason = :reason, outcomes = :outcomes
WHERE id = :id AND state = 'waiting';

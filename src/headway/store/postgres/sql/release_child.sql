UPDATE headway_job SET parents_left = :parents_left, state = :state, outcomes = :outcomes,
    blocked = CASE WHEN :state = 'queued' AND ties & 3 <> 0 THEN 'line' END
WHERE id = :id AND state = 'waiting';

UPDATE headway_job SET parents_left = :parents_left, state = :state, outcomes = :outcomes,
    blocked = iif(:state = 'queued' AND ties & 3, 'line', NULL)
WHERE id = :id AND state = 'waiting';

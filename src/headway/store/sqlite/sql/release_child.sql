UPDATE headway_job SET parents_left = :parents_left, state = :state
WHERE id = :id AND state = 'waiting';

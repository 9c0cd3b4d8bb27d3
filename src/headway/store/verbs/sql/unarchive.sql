UPDATE headway_job SET archived = 0, pruned = 0 WHERE id = :id AND archived = 1;

UPDATE headway_job SET pruned = :pruned WHERE id IN (SELECT value FROM json_each(:ids)) AND archived = 1;

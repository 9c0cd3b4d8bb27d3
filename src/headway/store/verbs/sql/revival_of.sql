SELECT 1 FROM headway_revival WHERE parent_id = :id AND is_batch = 0;

DELETE FROM headway_revival WHERE parent_id = :parent_id AND is_batch = :is_batch;

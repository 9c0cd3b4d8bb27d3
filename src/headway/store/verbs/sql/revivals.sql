SELECT parent_id, is_batch, after_id, actor FROM headway_revival LIMIT :limit;

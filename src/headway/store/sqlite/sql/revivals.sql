SELECT parent_id, after_id, actor FROM headway_revival LIMIT :limit;

SELECT parent_id FROM headway_family LIMIT :limit;

SELECT id FROM headway_job WHERE id > :id ORDER BY id LIMIT :share;

SELECT id FROM headway_job WHERE id > :id AND id <= :until ORDER BY id LIMIT :share;

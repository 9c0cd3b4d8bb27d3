SELECT id, created_at FROM headway_job WHERE id > :id ORDER BY id LIMIT 1;

SELECT id, created_at FROM headway_job WHERE archived = 1 AND pruned < 2 AND id > :after ORDER BY id LIMIT :limit;

SELECT archived = 1 AND pruned < 2, created_at FROM headway_job WHERE id = :id;

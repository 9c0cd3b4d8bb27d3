SELECT archived AND pruned < 2, created_at FROM headway_job WHERE id = :id;

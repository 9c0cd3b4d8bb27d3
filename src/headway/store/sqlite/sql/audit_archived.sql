SELECT id, created_at FROM headway_job WHERE archived = 1 AND pruned < 2;

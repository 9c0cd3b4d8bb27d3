SELECT count(*) FROM headway_job WHERE archived = 1 AND pruned < 2 AND created_at >= :begins AND created_at < :ends;

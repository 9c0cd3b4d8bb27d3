SELECT coalesce((SELECT min(id) FROM headway_job), 1), coalesce((SELECT max(id) FROM headway_job), 0);

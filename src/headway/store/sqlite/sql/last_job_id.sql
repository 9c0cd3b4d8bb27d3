SELECT max(coalesce((SELECT max(id) FROM headway_job), 0), (SELECT last_id FROM headway_deleted));

SELECT id, job_id FROM headway_event WHERE id > :id ORDER BY id LIMIT :share;

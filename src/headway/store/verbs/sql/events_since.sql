SELECT id, job_id FROM headway_event WHERE id > :id AND id <= :until ORDER BY id LIMIT :share;

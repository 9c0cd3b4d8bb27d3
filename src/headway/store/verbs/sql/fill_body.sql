UPDATE headway_body SET payload = :payload, links = :links WHERE job_id = :id;

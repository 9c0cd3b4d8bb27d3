UPDATE headway_body SET payload = :payload WHERE job_id = :id AND payload = :old_payload;

SELECT payload, links FROM headway_body WHERE job_id = :id AND links IS NOT NULL;

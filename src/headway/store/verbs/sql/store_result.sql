UPDATE headway_body SET result = ?, result_size = ? WHERE job_id = ?;

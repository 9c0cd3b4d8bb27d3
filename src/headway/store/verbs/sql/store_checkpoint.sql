UPDATE headway_body SET checkpoint = ? WHERE job_id = ?;

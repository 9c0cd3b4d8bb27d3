UPDATE headway_progress SET fraction = NULL, message = NULL WHERE job_id = :id;

SELECT last_line FROM headway_progress WHERE job_id = :id;

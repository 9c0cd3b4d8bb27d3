SELECT count(*) FROM headway_line WHERE job_id = :id;

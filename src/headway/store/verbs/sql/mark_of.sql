SELECT coalesce(result, 'null') FROM headway_done WHERE job_id = :id;

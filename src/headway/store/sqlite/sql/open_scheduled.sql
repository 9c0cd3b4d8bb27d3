SELECT id FROM headway_job INDEXED BY headway_job_due WHERE state = 'scheduled' LIMIT :limit;

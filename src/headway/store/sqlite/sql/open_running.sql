SELECT id FROM headway_job INDEXED BY headway_job_running WHERE state = 'running' LIMIT :limit;

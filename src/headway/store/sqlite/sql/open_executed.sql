SELECT id FROM headway_job INDEXED BY headway_job_executed WHERE state = 'executed' LIMIT :limit;

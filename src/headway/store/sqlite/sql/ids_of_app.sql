SELECT id FROM headway_job INDEXED BY headway_job_ref WHERE app = :app LIMIT :limit;

SELECT id FROM headway_job WHERE app = :app LIMIT :limit;

SELECT id FROM headway_job WHERE state = 'running' LIMIT :limit;

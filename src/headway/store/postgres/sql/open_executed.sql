SELECT id FROM headway_job WHERE state = 'executed' LIMIT :limit;

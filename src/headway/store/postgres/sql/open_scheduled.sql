SELECT id FROM headway_job WHERE state = 'scheduled' LIMIT :limit;

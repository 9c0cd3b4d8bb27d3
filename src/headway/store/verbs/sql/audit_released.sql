SELECT id FROM headway_job WHERE state = 'waiting' AND parents_left = 0 LIMIT :limit;

SELECT state, code, reason FROM headway_job WHERE id = :id;

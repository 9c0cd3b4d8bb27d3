SELECT archived, created_at FROM headway_job WHERE id = :id;

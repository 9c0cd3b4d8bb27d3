DELETE FROM headway_line WHERE job_id = :id AND number IN (
    SELECT number FROM headway_line WHERE job_id = :id ORDER BY number LIMIT :surplus OFFSET :head
);

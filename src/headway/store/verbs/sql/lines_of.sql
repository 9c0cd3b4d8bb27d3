SELECT number, epoch, logged_at, level, body FROM headway_line
WHERE job_id = :id AND number > :after ORDER BY number LIMIT :limit;

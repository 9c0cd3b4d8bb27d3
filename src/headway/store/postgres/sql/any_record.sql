SELECT 1 FROM headway_record WHERE created_at >= :from AND created_at < :until LIMIT 1

SELECT 1 FROM headway_job WHERE blocked = 'unknown_handler' LIMIT 1;

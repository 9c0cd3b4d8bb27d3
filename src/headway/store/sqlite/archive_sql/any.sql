SELECT 1 FROM headway_record LIMIT 1;

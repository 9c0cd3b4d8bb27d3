SELECT id FROM headway_job WHERE callback_of = :id AND finished_at IS NULL LIMIT 1;

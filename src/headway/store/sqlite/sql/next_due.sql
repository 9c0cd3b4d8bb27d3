SELECT due_at FROM headway_job WHERE state = 'scheduled' ORDER BY due_at LIMIT 1;

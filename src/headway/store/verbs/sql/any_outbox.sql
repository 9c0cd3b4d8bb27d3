SELECT number FROM headway_outbox ORDER BY number LIMIT 1;

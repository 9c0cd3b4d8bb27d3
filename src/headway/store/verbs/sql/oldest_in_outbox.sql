SELECT put_at FROM headway_outbox ORDER BY number LIMIT 1;

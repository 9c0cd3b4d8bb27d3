UPDATE headway_schedule SET next_at = NULL, error = :error, unread = :unread WHERE id = :id;

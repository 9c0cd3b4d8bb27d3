UPDATE headway_schedule SET next_at = NULL, error = :error WHERE id = :id;

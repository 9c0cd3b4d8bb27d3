UPDATE headway_schedule SET success_at = greatest(coalesce(success_at, 0), ?) WHERE id = ?;

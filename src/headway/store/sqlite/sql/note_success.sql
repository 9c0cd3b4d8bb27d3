UPDATE headway_schedule SET success_at = max(coalesce(success_at, 0), ?) WHERE id = ?;

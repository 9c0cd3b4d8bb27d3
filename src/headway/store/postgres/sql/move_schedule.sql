UPDATE headway_schedule SET next_at = ?, judged_to = ?, judged_at = ?, anchor_at = ?, finished_at = ?,
    run_count = run_count + ?, skip_count = skip_count + ?, missed_count = greatest(0, missed_count + ?)
WHERE id = ?;

SELECT id, name, convert_to(definition, 'UTF8'), next_at, judged_to, anchor_at, run_count, skip_count FROM headway_schedule
WHERE app = :app AND next_at IS NOT NULL AND next_at <= :now
ORDER BY next_at, id LIMIT :limit;

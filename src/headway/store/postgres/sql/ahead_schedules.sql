-- Those that were judged at a moment that has not come: the clock was set back.
SELECT id, name, convert_to(definition, 'UTF8'), next_at, judged_to, anchor_at, run_count, skip_count FROM headway_schedule
WHERE app = :app AND next_at IS NOT NULL AND judged_at > :now
ORDER BY judged_at DESC, id DESC LIMIT :limit;

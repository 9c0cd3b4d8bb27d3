-- The columns stand in the order of standing.Known.
SELECT id, name, managed, convert_to(definition, 'UTF8'), timing, anchor_at, next_at, next_was, judged_to, paused_at, orphaned_at, removed_at,
    finished_at, error, run_count
FROM headway_schedule WHERE app = :app AND name = :name;

-- Whether schedules of an app fire at all, when the next one is due, and the latest moment at which one was judged.
SELECT
    EXISTS (SELECT 1 FROM headway_scheduler WHERE app = :app) OR EXISTS (SELECT 1 FROM headway_setting WHERE name = 'held'),
    (SELECT next_at FROM headway_schedule WHERE app = :app AND next_at IS NOT NULL ORDER BY next_at LIMIT 1),
    (SELECT judged_at FROM headway_schedule WHERE app = :app AND next_at IS NOT NULL ORDER BY judged_at DESC LIMIT 1);

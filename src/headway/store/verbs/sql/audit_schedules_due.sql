SELECT name FROM headway_schedule
WHERE (next_at IS NOT NULL) <> (
    paused_at IS NULL AND orphaned_at IS NULL AND removed_at IS NULL AND finished_at IS NULL AND error IS NULL
)
LIMIT :limit;

-- Those that were stopped because a node could not read them.
SELECT name, convert_to(definition, 'UTF8'), anchor_at FROM headway_schedule
WHERE app = :app AND error IS NOT NULL AND unread = 1 AND removed_at IS NULL AND orphaned_at IS NULL;

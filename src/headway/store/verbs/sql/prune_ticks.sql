-- What ended long ago, but for the latest run, and runs whose job is still to be deleted.
DELETE FROM headway_tick WHERE schedule_id = :id AND (job_id IS NULL OR (ended_at IS NOT NULL AND fleeting = 0))
AND instant < (
    SELECT instant FROM headway_tick WHERE schedule_id = :id AND (job_id IS NULL OR (ended_at IS NOT NULL AND fleeting = 0))
    ORDER BY instant DESC LIMIT 1 OFFSET :kept - 1
)
AND instant <> coalesce((
    SELECT instant FROM headway_tick WHERE schedule_id = :id AND (outcome = 'started' OR outcome = 'manual')
    ORDER BY instant DESC LIMIT 1
), 0);

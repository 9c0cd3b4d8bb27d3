-- Runs whose job is still to be deleted are looked after until that was done.
DELETE FROM headway_tick WHERE schedule_id = :id AND NOT (fleeting = 1 AND job_id IS NOT NULL);

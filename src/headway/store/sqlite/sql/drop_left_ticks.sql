-- Those of schedules that were removed while a run's job was still to be deleted.
DELETE FROM headway_tick WHERE (schedule_id, instant, by_hand) IN (
    SELECT t.schedule_id, t.instant, t.by_hand FROM json_each(:ids) AS e
    CROSS JOIN headway_tick AS t INDEXED BY headway_tick_job ON t.job_id = e.value
    WHERE NOT EXISTS (SELECT 1 FROM headway_schedule AS s WHERE s.id = t.schedule_id AND s.removed_at IS NULL)
);

-- Those of schedules that were removed while a run's job was still to be deleted.
DELETE FROM headway_tick WHERE (schedule_id, instant, by_hand) IN (
    SELECT t.schedule_id, t.instant, t.by_hand FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e
    JOIN headway_tick AS t ON t.job_id = e.value
    WHERE NOT EXISTS (SELECT 1 FROM headway_schedule AS s WHERE s.id = t.schedule_id AND s.removed_at IS NULL)
);

-- The runs of these schedules that have not ended, oldest first.
SELECT t.schedule_id, t.job_id, j.ref_id, j.state FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e
JOIN headway_tick AS t
    ON t.schedule_id = e.value AND t.job_id IS NOT NULL AND t.ended_at IS NULL
JOIN headway_job AS j ON j.id = t.job_id AND j.finished_at IS NULL
ORDER BY t.job_id;

-- The job of an instant is there, is a run of that schedule, and is that of no other instant.
SELECT s.name FROM headway_tick AS t JOIN headway_schedule AS s ON s.id = t.schedule_id
LEFT JOIN headway_job AS j ON j.id = t.job_id
WHERE t.job_id IS NOT NULL AND (
    j.id IS NULL OR NOT j.ties & 512 <> 0 OR j.app <> s.app OR substr(j.ref_id, 1, length(s.name) + 1) <> s.name || '@'
    OR 1 <> (SELECT count(*) FROM headway_tick AS o WHERE o.job_id = t.job_id)
)
OR (t.job_id IS NULL AND t.outcome <> 'refused' AND t.ended_at IS NULL)
LIMIT :limit;

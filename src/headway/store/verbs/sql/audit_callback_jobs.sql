-- One that a person let run again may outlive its job's wait.
SELECT c.id FROM headway_job AS c JOIN headway_job AS j ON j.id = c.callback_of
WHERE c.finished_at IS NULL AND j.state <> 'executed' AND j.archived = 0
AND NOT EXISTS (SELECT 1 FROM headway_event AS v WHERE v.job_id = c.id AND v.kind = 'requeue')
LIMIT :limit;

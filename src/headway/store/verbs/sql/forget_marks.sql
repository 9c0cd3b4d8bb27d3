-- Marks of jobs that ended, a while after: until then they also stop a run that stood still and comes late.
DELETE FROM headway_done WHERE done_at < :before
AND NOT EXISTS (SELECT 1 FROM headway_job AS j WHERE j.id = headway_done.job_id AND j.finished_at IS NULL);

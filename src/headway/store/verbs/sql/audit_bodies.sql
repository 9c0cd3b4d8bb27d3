SELECT id FROM headway_job AS j
WHERE archived = 0 AND NOT EXISTS (SELECT 1 FROM headway_body AS b WHERE b.job_id = j.id) LIMIT :limit;

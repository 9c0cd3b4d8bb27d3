SELECT a.job_id FROM headway_attempt AS a JOIN headway_job AS j ON j.id = a.job_id
WHERE a.epoch > j.epoch LIMIT :limit;

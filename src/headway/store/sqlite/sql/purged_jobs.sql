SELECT month, job_id FROM headway_purged ORDER BY month, job_id;

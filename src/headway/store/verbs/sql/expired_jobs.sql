SELECT id, has_dependants FROM headway_job
WHERE expires_at IS NOT NULL AND finished_at IS NULL AND expires_at <= :now
AND state IN ('queued', 'scheduled', 'waiting') LIMIT :limit;

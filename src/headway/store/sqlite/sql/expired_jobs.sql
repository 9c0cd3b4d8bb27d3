SELECT id, has_dependants FROM headway_job
WHERE expires_at IS NOT NULL AND state IN ('queued', 'scheduled', 'waiting') AND expires_at <= :now LIMIT :limit;

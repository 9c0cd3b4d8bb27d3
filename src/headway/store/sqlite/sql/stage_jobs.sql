UPDATE headway_job SET state = 'queued'
WHERE id IN (SELECT id FROM headway_job WHERE state = 'scheduled' AND due_at <= :now ORDER BY due_at LIMIT :limit);

UPDATE headway_job SET state = 'queued', blocked = iif(ties & 3, 'line', NULL)
WHERE id IN (SELECT id FROM headway_job WHERE state = 'scheduled' AND due_at <= :now ORDER BY due_at LIMIT :limit)
RETURNING iif(ties > 0, id, NULL);

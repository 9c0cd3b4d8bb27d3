UPDATE headway_job SET state = 'queued', blocked = CASE WHEN ties & 3 <> 0 THEN 'line' END
WHERE id IN (SELECT id FROM headway_job WHERE state = 'scheduled' AND due_at <= :now ORDER BY due_at LIMIT :limit)
RETURNING CASE WHEN ties > 0 THEN id END;

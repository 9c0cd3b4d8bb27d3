-- The oldest first, and of those the ones that are due: so it is read from the front of its index, however many wait there.
UPDATE headway_job SET state = 'queued', blocked = CASE WHEN ties & 3 <> 0 THEN 'line' END
WHERE id = ANY (ARRAY(
    SELECT id FROM (SELECT id, due_at FROM headway_job WHERE state = 'scheduled' ORDER BY due_at LIMIT :limit) AS next
    WHERE due_at <= :now
))
RETURNING CASE WHEN ties > 0 THEN id END;

-- 256: an attempt of its parent asked for it.
SELECT c.id FROM headway_job AS c JOIN headway_job AS p ON p.id = c.parent_id
WHERE c.ties & 256 <> 0 AND p.archived = 0
AND NOT EXISTS (SELECT 1 FROM headway_attempt AS a WHERE a.job_id = p.id AND a.kind = 'returned')
LIMIT :limit;

UPDATE headway_job SET archived = 1
WHERE id IN (SELECT value FROM json_each(:ids))
AND archived = 0 AND state IN ('completed', 'failed', 'cancelled', 'skipped');

UPDATE headway_job SET blocked = NULL, front = 1
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued' AND blocked = 'line';

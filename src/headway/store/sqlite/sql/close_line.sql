UPDATE headway_job SET blocked = 'line', front = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued' AND blocked IS NULL;

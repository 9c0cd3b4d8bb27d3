UPDATE headway_job SET blocked = 'unknown_handler'
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued';

-- Others of its named worker go first.
UPDATE headway_job SET blocked = iif(key IS NULL, 'line', 'lane'), front = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued'
AND (blocked IS NULL OR (blocked = 'line' AND key IS NOT NULL))
RETURNING app, key;

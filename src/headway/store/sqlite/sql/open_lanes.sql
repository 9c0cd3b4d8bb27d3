-- Whose turn it is on its named worker is ready; one with a key now stands in that line.
UPDATE headway_job SET blocked = iif(key IS NULL, NULL, 'line')
WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'queued' AND blocked IN ('line', 'lane')
RETURNING id, app, key;

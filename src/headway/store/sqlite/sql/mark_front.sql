-- Whether these stand at the front of their lines, as they are now.
UPDATE headway_job SET front = iif(state = 'running' OR (state = 'queued' AND blocked IS NULL), 1, NULL)
WHERE id IN (SELECT value FROM json_each(:ids));

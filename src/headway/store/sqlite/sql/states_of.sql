SELECT id, state FROM headway_job
WHERE id IN (SELECT value FROM json_each(:ids));

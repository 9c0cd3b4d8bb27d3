SELECT id, state, code, reason, app FROM headway_job
WHERE id IN (SELECT value FROM json_each(:ids));

SELECT id, iif(length(payload) > :longest, NULL, payload), length(payload) > :longest
FROM headway_record WHERE id IN (SELECT value FROM json_each(:ids));

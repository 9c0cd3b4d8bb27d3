SELECT id, batch FROM headway_job WHERE id IN (SELECT value FROM json_each(:ids)) AND batch IS NOT NULL;

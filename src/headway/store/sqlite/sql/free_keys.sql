UPDATE headway_job SET unique_held = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND unique_held IS NOT NULL;

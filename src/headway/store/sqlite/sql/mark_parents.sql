UPDATE headway_job SET has_dependants = 1
WHERE id IN (SELECT value FROM json_each(:ids)) AND has_dependants = 0;

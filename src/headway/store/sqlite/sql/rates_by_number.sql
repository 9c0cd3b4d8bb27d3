SELECT id, starts, span FROM headway_rate WHERE id IN (SELECT value FROM json_each(:ids));

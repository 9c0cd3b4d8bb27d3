DELETE FROM headway_start WHERE (app, gate) IN (SELECT value ->> 0, 'key_rate:' || (value ->> 1) FROM json_each(:keys));

UPDATE headway_setting SET value = jsonb_set(value::jsonb, '{0}', to_jsonb(:new_server::text))::text
WHERE name = 'sweep' AND value::jsonb ->> 0 = :old_server;

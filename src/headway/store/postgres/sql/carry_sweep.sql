UPDATE headway_setting SET value = jsonb_set(value::jsonb, '{0}', to_jsonb(:after::text))::text
WHERE name = 'sweep' AND value::jsonb ->> 0 = :before;

DELETE FROM headway_start WHERE (app, gate) IN (
    SELECT e.value ->> 0, 'key_rate:' || (e.value ->> 1) FROM jsonb_array_elements(:keys::jsonb) AS e(value)
);

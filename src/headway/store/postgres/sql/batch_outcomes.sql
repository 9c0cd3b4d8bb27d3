SELECT b.app, b.name, b.outcome
FROM jsonb_array_elements(:names::jsonb) AS n(value) JOIN headway_batch AS b ON b.app = n.value ->> 0 AND b.name = n.value ->> 1;

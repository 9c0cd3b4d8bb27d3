-- OFFSET 0: one look into the index for each, also while the server does not know yet how many jobs there are.
SELECT j.app, j.ref_id, j.id, j.state, j.content, j.name
FROM jsonb_array_elements(:refs::jsonb) AS r(value)
CROSS JOIN LATERAL (
    SELECT * FROM headway_job WHERE app = r.value ->> 0 AND ref_id = r.value ->> 1 OFFSET 0
) AS j;

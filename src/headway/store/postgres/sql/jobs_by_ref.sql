SELECT j.app, j.ref_id, j.id, j.state, j.content, j.name
FROM jsonb_array_elements(:refs::jsonb) AS r(value) JOIN headway_job AS j ON j.app = r.value ->> 0 AND j.ref_id = r.value ->> 1;

INSERT INTO headway_body (job_id, payload, options, extras, result, result_size, checkpoint)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING;

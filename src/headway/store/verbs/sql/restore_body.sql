INSERT INTO headway_body (job_id, payload, options, extras, result, result_size, checkpoint, callback, links)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING;

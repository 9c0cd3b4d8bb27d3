INSERT INTO headway_body (job_id, payload, options, extras, callback, links) VALUES (?, ?, ?, ?, ?, ?);

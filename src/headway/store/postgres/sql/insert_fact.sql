INSERT INTO headway_fact (name, value, job_id) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING;
INSERT INTO headway_tag (tag, job_id) VALUES (?, ?)
ON CONFLICT DO NOTHING;
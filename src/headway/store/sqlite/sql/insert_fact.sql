INSERT OR IGNORE INTO headway_fact (name, value, job_id) VALUES (?, ?, ?);

INSERT OR IGNORE INTO headway_tag (tag, job_id) VALUES (?, ?);

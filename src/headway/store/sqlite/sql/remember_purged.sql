INSERT OR IGNORE INTO headway_purged (month, job_id) SELECT :month, value FROM json_each(:ids);

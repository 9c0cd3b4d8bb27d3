INSERT INTO headway_event (job_id, epoch, happened_at, kind, actor, note) VALUES (?, ?, ?, ?, ?, ?);

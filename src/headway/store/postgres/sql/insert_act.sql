INSERT INTO headway_act (happened_at, app, actor, via, kind, subject, subject_id, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

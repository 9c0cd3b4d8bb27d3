INSERT INTO headway_tick (schedule_id, instant, by_hand, outcome, job_id, made_at, ended_at, state, code, error, fleeting, actor, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

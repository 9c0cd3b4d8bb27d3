UPDATE headway_tick SET state = ?, started_at = ?, ended_at = ?, code = ?, error = ?
WHERE schedule_id = ? AND instant = ? AND by_hand = ?;

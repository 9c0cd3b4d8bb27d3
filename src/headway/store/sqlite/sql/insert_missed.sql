INSERT OR REPLACE INTO headway_missed (schedule_id, from_at, until_at, instants, is_least, noted_at) VALUES (?, ?, ?, ?, ?, ?);

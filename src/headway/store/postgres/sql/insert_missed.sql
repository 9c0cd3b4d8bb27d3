INSERT INTO headway_missed (schedule_id, from_at, until_at, instants, is_least, noted_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (schedule_id, from_at) DO UPDATE SET until_at = excluded.until_at, instants = excluded.instants,
    is_least = excluded.is_least, noted_at = excluded.noted_at;

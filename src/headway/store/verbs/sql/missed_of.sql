SELECT from_at, until_at, instants, is_least, noted_at FROM headway_missed
WHERE schedule_id = :id ORDER BY from_at DESC LIMIT :limit;

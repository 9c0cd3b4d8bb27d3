SELECT s.name FROM headway_schedule AS s WHERE s.next_at <= s.judged_to AND NOT EXISTS (
    SELECT 1 FROM headway_missed AS m WHERE m.schedule_id = s.id AND m.from_at <= s.next_at AND s.next_at <= m.until_at
)
LIMIT :limit;

-- Ranges that were passed over and end at this moment or later.
SELECT from_at, until_at, instants, is_least FROM headway_missed
WHERE schedule_id = :id AND until_at >= :from_us;

-- What lies ahead may be open again.
DELETE FROM headway_missed WHERE schedule_id = :id AND until_at < :now AND from_at < (
    SELECT from_at FROM headway_missed WHERE schedule_id = :id ORDER BY from_at DESC LIMIT 1 OFFSET :kept - 1
);

DELETE FROM headway_outbox WHERE number IN (SELECT number FROM headway_outbox ORDER BY number LIMIT :limit)
RETURNING number, app, body, put_at;

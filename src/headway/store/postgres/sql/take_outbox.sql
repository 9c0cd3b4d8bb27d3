-- What another process takes just now is passed over.
DELETE FROM headway_outbox WHERE number = ANY (ARRAY(
    SELECT number FROM headway_outbox ORDER BY number LIMIT :limit FOR UPDATE SKIP LOCKED
))
RETURNING number, app, body, put_at;

-- Run on a connection of the caller's, in its transaction.
INSERT INTO headway_outbox (app, body, put_at) VALUES (:app, :body, :now) RETURNING number;

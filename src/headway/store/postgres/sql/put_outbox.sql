-- Run on a connection of the caller's, in its transaction: nothing is locked but a row that nobody sees before the commit, which
-- also rings the workers. Nothing is written where the connection leads to another database than the store's.
WITH put AS (
    INSERT INTO headway_outbox (app, body, put_at)
    SELECT CAST(:app AS text), CAST(:body AS text),
        coalesce(CAST(:now AS bigint), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint))
    WHERE CAST(:server AS text) = (
        SELECT c.system_identifier || '/' || d.oid
        FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database()
    )
    RETURNING number
)
SELECT number, CAST(CASE WHEN CAST(:rings AS bigint) = 1 THEN pg_notify(CAST(:channel AS text), '') END AS text) FROM put;

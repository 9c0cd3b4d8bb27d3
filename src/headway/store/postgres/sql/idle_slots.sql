-- Slots that nobody reads: the server keeps its log, and with a snapshot of theirs old rows too, until they are read or dropped.
SELECT slot_name, coalesce(pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn
), 0)::bigint
FROM pg_replication_slots WHERE NOT active AND (database IS NULL OR database = current_database()) AND NOT temporary
ORDER BY 2 DESC LIMIT :limit;

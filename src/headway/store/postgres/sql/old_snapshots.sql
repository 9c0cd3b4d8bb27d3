-- Who keeps the server from clearing away old rows of this database: transactions and replication slots, the oldest first.
-- Of other users' transactions only a member of pg_read_all_stats sees more than that they are there.
SELECT 'transaction', pid::text, coalesce(application_name, ''), coalesce(usename, ''),
    (extract(epoch FROM clock_timestamp() - xact_start) * 1000000)::bigint AS age
FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND xact_start IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
UNION ALL
SELECT 'prepared transaction', gid, '', owner, (extract(epoch FROM clock_timestamp() - prepared) * 1000000)::bigint
FROM pg_prepared_xacts WHERE database = current_database()
ORDER BY age DESC LIMIT :limit;

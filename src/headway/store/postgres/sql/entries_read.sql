-- How many entries of the index of what is ready this session has read in this transaction and shortly before, dead ones included.
SELECT coalesce(pg_stat_get_xact_tuples_returned(to_regclass('headway_job_ready')), 0);

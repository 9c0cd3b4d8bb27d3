-- Read off the indexes: the running totals of millions of completed jobs are a difference, not a scan.
SELECT state, count(*) FROM headway_job WHERE :app IS NULL OR app = :app GROUP BY state;

-- How many ended from a moment on up to a job, and the sum of their numbers.
SELECT count(*), coalesce(sum(id), 0) FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at <= :us
AND (finished_at < :us OR id <= :id);

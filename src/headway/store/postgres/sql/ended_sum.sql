-- How many ended in a span of time, and the sum of their numbers: whether they are those that were read.
SELECT count(*), coalesce(sum(id), 0) FROM headway_job
WHERE archived IN (0, 1) AND pruned IN (0, 1, 2) AND finished_at >= :from AND finished_at < :until;

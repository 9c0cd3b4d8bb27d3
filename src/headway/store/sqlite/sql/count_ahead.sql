-- How many ready jobs of the queue come first, with what waiting lifted them by; read from the index alone, up to a number.
SELECT count(*), coalesce(sum(
    lifted > :lifted OR (lifted = :lifted AND (due_at < :due OR (due_at = :due AND id < :id)))
), 0) FROM (
    SELECT id, due_at, priority + max(0, (:now - due_at - :after) / :step) AS lifted FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue LIMIT :limit
);

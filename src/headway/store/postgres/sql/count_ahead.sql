-- How many ready jobs of the queue come first, with what waiting lifted them by; read from the index alone, up to a number.
SELECT count(*), count(*) FILTER (
    WHERE lifted > :lifted OR (lifted = :lifted AND (due_at < :due OR (due_at = :due AND id < :id)))
) FROM (
    SELECT id, due_at, priority + greatest(0, (:now - due_at - :after) / :step) AS lifted FROM headway_job
    WHERE app = :app AND state = 'queued' AND blocked IS NULL AND queue = :queue LIMIT :limit
) AS ready;

-- A job that runs has its start among those that its key's rate limit remembers, as long as that is in the span.
SELECT j.id FROM headway_job AS j JOIN headway_rate AS r ON r.id = j.key_terms / 1024
WHERE j.state = 'running' AND j.key_terms >= 1024 AND j.started_at > :now - r.span AND j.started_at <= :now
AND NOT EXISTS (
    SELECT 1 FROM headway_start AS s WHERE s.app = j.app AND s.gate = 'key_rate:' || j.key AND s.started_at >= j.started_at
) LIMIT :limit;

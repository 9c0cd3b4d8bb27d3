-- An active key is held as long as its job has not ended; one for a span is held until then, or given back when it is over.
SELECT id FROM headway_job
WHERE (unique_key IS NOT NULL OR unique_held IS NOT NULL)
AND (
    unique_held IS NOT iif(unique_until IS NOT NULL, unique_held, iif(finished_at IS NULL, unique_key, NULL))
    OR (unique_held IS NOT NULL AND unique_held IS NOT unique_key)
)
LIMIT :limit;

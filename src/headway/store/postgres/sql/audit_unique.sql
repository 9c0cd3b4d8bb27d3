-- An active key is held as long as its job has not ended; one for a span is held until then, or given back when it is over.
SELECT id FROM headway_job
WHERE (unique_key IS NOT NULL OR unique_held IS NOT NULL)
AND (
    unique_held IS DISTINCT FROM CASE WHEN unique_until IS NOT NULL THEN unique_held ELSE CASE WHEN finished_at IS NULL THEN unique_key END END
    OR (unique_held IS NOT NULL AND unique_held IS DISTINCT FROM unique_key)
)
LIMIT :limit;

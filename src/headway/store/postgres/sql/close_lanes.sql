-- Others of its named worker go first.
UPDATE headway_job SET blocked = CASE WHEN key IS NULL THEN 'line' ELSE 'lane' END, front = NULL
WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state = 'queued'
AND (blocked IS NULL OR (blocked = 'line' AND key IS NOT NULL))
RETURNING app, key;

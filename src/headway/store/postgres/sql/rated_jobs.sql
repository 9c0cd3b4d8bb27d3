-- Those of some jobs whose key has a rate limit, and which.
SELECT j.id, j.app, j.key, r.starts, r.span
FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value
JOIN headway_rate AS r ON r.id = j.key_terms / 1024 WHERE j.key IS NOT NULL;

-- What a claim must know of candidates that have a key, in one row: the columns of headway.model.line.Candidate, and of each
-- of their keys how many run and how many are ready.
WITH candidate AS MATERIALIZED (
    SELECT j.id, j.app, j.key, j.key_terms
    FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
)
SELECT (SELECT json_group_array(json_array(id, key, key_terms)) FROM candidate), (
    SELECT json_group_array(json_array(
        key,
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'running'),
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'queued')
    )) FROM (SELECT DISTINCT app, key FROM candidate) AS k
);

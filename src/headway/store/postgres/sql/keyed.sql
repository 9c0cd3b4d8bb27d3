-- What a claim must know of candidates that have a key, in one row: the columns of headway.model.line.Candidate, and of each
-- of their keys how many run and how many are ready. The candidates stand in the order in which they are to be granted.
WITH candidate AS MATERIALIZED (
    SELECT j.id, j.app, j.key, j.key_terms, e.place
    FROM jsonb_array_elements_text(:ids::jsonb) WITH ORDINALITY AS e(value, place)
    CROSS JOIN LATERAL (SELECT * FROM headway_job WHERE id = e.value::bigint OFFSET 0) AS j
)
SELECT (SELECT coalesce(json_agg(json_build_array(id, key, key_terms) ORDER BY place), '[]')::text FROM candidate), (
    SELECT coalesce(json_agg(json_build_array(
        key,
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'running'),
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'queued')
    )), '[]')::text FROM (SELECT DISTINCT app, key FROM candidate) AS k
);

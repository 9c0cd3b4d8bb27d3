-- What a claim must know of candidates that stand in lines, in one row: the columns of headway.model.line.Candidate, and of
-- each of their keys how many run and how many are ready.
WITH candidate AS MATERIALIZED (
    SELECT j.id, j.app, j.lane, j.key, j.key_limit
    FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value
)
SELECT (
    SELECT json_group_array(json_array(
        id, lane, key, key_limit,
        lane IS NOT NULL AND (
            EXISTS (
                SELECT 1 FROM headway_job AS o
                WHERE o.app = c.app AND o.lane = c.lane AND o.front = 1 AND o.state = 'running'
            ) OR EXISTS (
                SELECT 1 FROM headway_turn AS t WHERE t.app = c.app AND t.lane = c.lane AND t.started_at IS NOT NULL
            )
        )
    )) FROM candidate AS c
), (
    SELECT json_group_array(json_array(
        key,
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'running'),
        (SELECT count(*) FROM headway_job AS o WHERE o.app = k.app AND o.key = k.key AND o.front = 1 AND o.state = 'queued')
    )) FROM (SELECT DISTINCT app, key FROM candidate WHERE key IS NOT NULL) AS k
);

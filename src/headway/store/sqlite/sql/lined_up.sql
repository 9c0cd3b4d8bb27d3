-- What a claim must know of candidates that stand in lines: the columns of headway.model.line.Candidate, in their order.
SELECT json_group_array(json_array(
    j.id, j.lane, j.key, j.key_limit,
    j.lane IS NOT NULL AND (
        EXISTS (
            SELECT 1 FROM headway_job
            WHERE app = j.app AND lane = j.lane AND state = 'running' AND blocked IS NULL
        ) OR EXISTS (SELECT 1 FROM headway_turn WHERE app = j.app AND lane = j.lane AND started_at IS NOT NULL)
    ),
    iif(j.key IS NULL, 0, (
        SELECT count(*) FROM headway_job
        WHERE app = j.app AND key = j.key AND state = 'running' AND blocked IS NULL
    )),
    iif(j.key IS NULL, 0, (
        SELECT count(*) FROM headway_job
        WHERE app = j.app AND key = j.key AND state = 'queued' AND blocked IS NULL
    ))
))
FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value;

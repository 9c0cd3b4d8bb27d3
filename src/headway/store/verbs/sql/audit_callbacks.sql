SELECT j.id FROM headway_job AS j WHERE j.state = 'executed' AND 1 <> (
    SELECT count(*) FROM headway_job AS c WHERE c.callback_of = j.id AND c.finished_at IS NULL
) LIMIT :limit;

SELECT j.id FROM headway_job AS j
WHERE j.archived = 0 AND j.epoch <> (j.state = 'running')::int + (
    SELECT count(*) FROM headway_attempt AS a WHERE a.job_id = j.id
) LIMIT :limit;

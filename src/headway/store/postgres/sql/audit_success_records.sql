-- A job whose callback did not complete is failed, and has succeeded itself.
SELECT j.id FROM headway_job AS j
WHERE j.archived = 0 AND (j.state IN ('completed', 'executed') OR coalesce(j.code, '') = 'callback_failed')::int <> (
    SELECT count(*) FROM headway_attempt AS a WHERE a.job_id = j.id AND a.kind = 'returned' AND a.epoch = j.epoch
) LIMIT :limit;

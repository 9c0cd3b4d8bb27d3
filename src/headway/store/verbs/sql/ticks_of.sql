SELECT t.instant, t.outcome, t.job_id, coalesce(t.state, j.state), t.made_at, coalesce(t.started_at, j.started_at), t.ended_at,
    t.code, t.error, t.actor, t.note
FROM headway_tick AS t LEFT JOIN headway_job AS j ON j.id = t.job_id
WHERE t.schedule_id = :id ORDER BY t.instant DESC, t.by_hand DESC LIMIT :limit;

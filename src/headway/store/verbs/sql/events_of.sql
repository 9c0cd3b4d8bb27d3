SELECT epoch, happened_at, kind, actor, note FROM headway_event WHERE job_id = :id ORDER BY id;

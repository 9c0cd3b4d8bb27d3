UPDATE headway_batch
SET finish_job = coalesce(finish_job, :finish_job), success_job = coalesce(success_job, :success_job)
WHERE id = :id;

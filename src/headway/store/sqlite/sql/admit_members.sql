UPDATE headway_batch
SET jobs = jobs + :jobs, sealed_at = coalesce(sealed_at, iif(jobs + :jobs + existing >= expected, :now, NULL))
WHERE id = :id;

UPDATE headway_batch
SET jobs = jobs + :jobs, sealed_at = coalesce(sealed_at, CASE WHEN jobs + :jobs + existing >= expected THEN :now END)
WHERE id = :id;

INSERT INTO headway_month (month, changed_at, jobs, digest, sealed_at) VALUES (:month, :changed_at, :jobs, :digest, :sealed_at)
ON CONFLICT (month) DO UPDATE SET
    changed_at = excluded.changed_at, jobs = excluded.jobs, digest = excluded.digest, sealed_at = excluded.sealed_at;

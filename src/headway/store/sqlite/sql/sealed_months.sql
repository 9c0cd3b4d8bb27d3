SELECT month, changed_at, jobs, digest, sealed_at FROM headway_month ORDER BY month;

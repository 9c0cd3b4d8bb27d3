UPDATE headway_seal SET jobs = :jobs, digest = :digest, sealed_at = :sealed_at WHERE id = 1 AND changed_at = :changed_at;

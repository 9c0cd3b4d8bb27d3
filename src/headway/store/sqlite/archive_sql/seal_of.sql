SELECT changed_at, jobs, digest, sealed_at FROM headway_seal WHERE id = 1;

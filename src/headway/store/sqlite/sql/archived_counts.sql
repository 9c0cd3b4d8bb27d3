SELECT state, sum(jobs) FROM headway_archived WHERE :app IS NULL OR app = :app GROUP BY state;

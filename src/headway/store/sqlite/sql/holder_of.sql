SELECT id FROM headway_job INDEXED BY headway_job_unique
WHERE app = :app AND unique_held = :key AND iif(unique_until IS NULL, finished_at IS NULL, unique_until > :now);

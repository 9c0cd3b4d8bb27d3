SELECT DISTINCT name FROM headway_job
WHERE state IN ('queued', 'scheduled', 'waiting', 'running') AND (:app IS NULL OR app = :app) ORDER BY name;

SELECT from_at, state, sum(jobs) FROM headway_figure
WHERE step = :step AND from_at >= :from AND from_at < :until
AND (:app IS NULL OR app = :app) AND (:queue IS NULL OR queue = :queue) AND (:name IS NULL OR name = :name)
GROUP BY from_at, state;

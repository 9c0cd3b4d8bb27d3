-- A process that only has runs of its own on named workers claims nothing anyway.
UPDATE headway_node SET state = 'draining'
WHERE uid = :uid AND state = 'active' AND concurrency > 0 AND (:app IS NULL OR app = :app);

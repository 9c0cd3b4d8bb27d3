UPDATE headway_node SET state = 'active' WHERE uid = :uid AND state = 'draining' AND (:app IS NULL OR app = :app);

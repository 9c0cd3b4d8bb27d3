SELECT t.name, n.host, n.pid, t.started_at, t.stop_at FROM headway_turn AS t JOIN headway_node AS n ON n.id = t.node_id
WHERE t.lane = :lane AND (:app IS NULL OR t.app = :app) AND t.started_at IS NOT NULL ORDER BY t.id;

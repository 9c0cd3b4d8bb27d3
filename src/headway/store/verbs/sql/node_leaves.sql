UPDATE headway_node SET state = 'left', seen_at = :now WHERE id = :id AND state IN ('active', 'draining');

DELETE FROM headway_node WHERE state IN ('dead', 'left') AND seen_at < :before;

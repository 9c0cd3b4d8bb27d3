UPDATE headway_node SET state = 'dead' WHERE id = :id;

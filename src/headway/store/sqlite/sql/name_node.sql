UPDATE headway_node SET names = :names WHERE id = :id;

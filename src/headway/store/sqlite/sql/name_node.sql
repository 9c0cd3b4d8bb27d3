UPDATE headway_node SET names = :names, limits = :limits WHERE id = :id;

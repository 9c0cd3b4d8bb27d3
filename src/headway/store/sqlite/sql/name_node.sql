UPDATE headway_node
SET names = :names, limits = :limits, limits_at = iif(limits IS :limits, limits_at, :now) WHERE id = :id;

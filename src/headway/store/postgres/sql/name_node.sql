UPDATE headway_node
SET names = :names, limits = :limits, limits_at = CASE WHEN limits IS NOT DISTINCT FROM :limits THEN limits_at ELSE :now END WHERE id = :id;

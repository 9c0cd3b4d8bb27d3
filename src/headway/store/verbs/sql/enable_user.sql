UPDATE headway_user SET disabled_at = NULL, changed_at = :now WHERE name = :name AND disabled_at IS NOT NULL;

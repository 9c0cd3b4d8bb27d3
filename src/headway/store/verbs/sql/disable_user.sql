UPDATE headway_user SET disabled_at = :now, changed_at = :now WHERE name = :name AND disabled_at IS NULL;

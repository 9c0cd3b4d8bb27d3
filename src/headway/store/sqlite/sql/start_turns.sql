UPDATE headway_turn SET started_at = :now WHERE id IN (SELECT value FROM json_each(:ids)) AND started_at IS NULL;

SELECT 1 FROM headway_token WHERE name = :name;

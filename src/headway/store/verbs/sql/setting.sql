SELECT value FROM headway_setting WHERE name = :name;

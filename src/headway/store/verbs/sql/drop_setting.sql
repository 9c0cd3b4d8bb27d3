DELETE FROM headway_setting WHERE name = :name;

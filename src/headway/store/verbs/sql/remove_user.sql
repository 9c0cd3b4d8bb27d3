DELETE FROM headway_user WHERE name = :name;

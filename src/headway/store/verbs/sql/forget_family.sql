DELETE FROM headway_family WHERE parent_id = :parent_id;

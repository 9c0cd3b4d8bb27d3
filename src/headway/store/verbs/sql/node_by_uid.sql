SELECT id FROM headway_node WHERE uid = :uid;

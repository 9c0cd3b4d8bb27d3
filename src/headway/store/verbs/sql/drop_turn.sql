DELETE FROM headway_turn WHERE id = :id RETURNING app, lane;

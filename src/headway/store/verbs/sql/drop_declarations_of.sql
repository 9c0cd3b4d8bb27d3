DELETE FROM headway_declaration WHERE schedule_id = :id;

SELECT EXISTS (SELECT 1 FROM headway_tick WHERE schedule_id = :id AND instant = :instant AND by_hand = 1)
    OR EXISTS (SELECT 1 FROM headway_job WHERE app = :app AND ref_id = :ref_id);

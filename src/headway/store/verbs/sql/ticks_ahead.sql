SELECT instant FROM headway_tick WHERE schedule_id = :id AND instant > :now AND by_hand = 0;

SELECT id FROM headway_rate WHERE starts = :starts AND span = :span;

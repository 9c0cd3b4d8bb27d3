DELETE FROM headway_month WHERE month = :month;

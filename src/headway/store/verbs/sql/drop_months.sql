DELETE FROM headway_month_count;
